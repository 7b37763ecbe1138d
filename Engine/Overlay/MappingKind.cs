namespace VxlanEngine.Overlay;

/// <summary>Where a customer address is.</summary>
public enum MappingKind : byte
{
    /// <summary>At a port of this switch.</summary>
    Local,

    /// <summary>Behind a VTEP.</summary>
    Remote,

    /// <summary>Behind a remote router.</summary>
    Routed,
}
