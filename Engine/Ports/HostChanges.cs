namespace VxlanEngine.Ports;

/// <summary>What the machine has said of changes to its tables.</summary>
[Flags]
internal enum HostChanges : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>Neighbours have changed, as listed.</summary>
    Neighbors = 1,

    /// <summary>Routes, interfaces or addresses have changed: the routes are to be read again.</summary>
    Routes = 2,

    /// <summary>Something was lost on the way: everything is to be read again.</summary>
    Overrun = 4,

    /// <summary>There is more to be read, later.</summary>
    More = 8,

    /// <summary>Nothing will be said any more: the source is to be opened anew.</summary>
    Lost = 16,
}
