namespace VxlanEngine.Policy;

/// <summary>What a layer does with packets that none of its rules match. It never makes state.</summary>
public enum DefaultAction : byte
{
    /// <summary>Drops them.</summary>
    Block,

    /// <summary>Passes them on unchanged.</summary>
    Allow,
}
