namespace VxlanEngine.Flows;

/// <summary>How far a TCP connection is, as a middlebox sees it (after RFC 9293 §3.3.2).</summary>
internal enum TcpState : byte
{
    /// <summary>Not TCP.</summary>
    None,

    /// <summary>Only one side has been heard.</summary>
    HalfOpen,

    /// <summary>Both sides have been heard and the handshake is complete.</summary>
    Established,

    /// <summary>One side has sent FIN.</summary>
    Closing,

    /// <summary>Both sides have sent FIN.</summary>
    TimeWait,

    /// <summary>A side has sent RST.</summary>
    Reset,
}
