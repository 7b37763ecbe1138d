namespace VxlanEngine.Wire;

/// <summary>Why a BFD session left the state before (RFC 5880 §4.1); values from 9 on are reserved.</summary>
public enum BfdDiagnostic : byte
{
    /// <summary>No diagnostic.</summary>
    None = 0,

    /// <summary>No control packet came for the detection time.</summary>
    DetectionTimeExpired = 1,

    /// <summary>The echo function failed.</summary>
    EchoFailed = 2,

    /// <summary>The other side said that the session is down.</summary>
    NeighborSignaledDown = 3,

    /// <summary>The forwarding plane was reset.</summary>
    ForwardingPlaneReset = 4,

    /// <summary>The path is down, as something else than BFD has found.</summary>
    PathDown = 5,

    /// <summary>A path behind this one is down.</summary>
    ConcatenatedPathDown = 6,

    /// <summary>The operator has taken the session down.</summary>
    AdministrativelyDown = 7,

    /// <summary>A path behind this one is down in the other direction.</summary>
    ReverseConcatenatedPathDown = 8,
}
