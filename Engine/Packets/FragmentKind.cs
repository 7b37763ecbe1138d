namespace VxlanEngine.Packets;

/// <summary>Which part of an IP datagram a packet carries.</summary>
public enum FragmentKind : byte
{
    /// <summary>The whole datagram (an IPv6 atomic fragment too, RFC 6946).</summary>
    None,

    /// <summary>The first fragment: it holds the transport header.</summary>
    First,

    /// <summary>A later fragment: it holds no transport header.</summary>
    Later,
}
