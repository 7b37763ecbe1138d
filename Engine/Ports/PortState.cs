namespace VxlanEngine.Ports;

/// <summary>Whether frames get through a live port.</summary>
public enum PortState : byte
{
    /// <summary>They do.</summary>
    Up,

    /// <summary>The interface is there and down, or has no carrier.</summary>
    Down,

    /// <summary>The interface is gone, or the system refuses it.</summary>
    Failed,
}
