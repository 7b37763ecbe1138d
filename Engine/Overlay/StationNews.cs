namespace VxlanEngine.Overlay;

/// <summary>What a frame told of where its sender is.</summary>
public enum StationNews : byte
{
    /// <summary>Nothing new, or nothing that is learnt.</summary>
    None,

    /// <summary>Its sender was not known before.</summary>
    Learnt,

    /// <summary>Its sender was elsewhere before.</summary>
    Moved,

    /// <summary>
    /// Something that is not learnt now, because too much has changed within a second; the next frame tells it again.
    /// </summary>
    Refused,
}
