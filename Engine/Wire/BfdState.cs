namespace VxlanEngine.Wire;

/// <summary>The state of a BFD session, as a control packet carries it (RFC 5880 §4.1).</summary>
public enum BfdState : byte
{
    /// <summary>Taken down by its operator.</summary>
    AdminDown = 0,

    /// <summary>The other side is not heard, or does not hear this one.</summary>
    Down = 1,

    /// <summary>The other side is heard; whether it hears this one is not known yet.</summary>
    Init = 2,

    /// <summary>Both sides hear each other.</summary>
    Up = 3,
}
