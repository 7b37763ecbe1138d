namespace VxlanEngine.Flows;

/// <summary>What has happened to a flow pair so far.</summary>
[Flags]
internal enum FlowFlags : byte
{
    /// <summary>Nothing.</summary>
    None = 0,

    /// <summary>A packet of the reverse direction was seen.</summary>
    Replied = 1,

    /// <summary>The forward side has sent FIN.</summary>
    ForwardClosed = 2,

    /// <summary>The reverse side has sent FIN.</summary>
    ReverseClosed = 4,

    /// <summary>A layer translates the flow.</summary>
    Translates = 8,

    /// <summary>The pair is found by its keys.</summary>
    Installed = 16,

    /// <summary>The pair stands in the list of half-open ones.</summary>
    ListedHalfOpen = 32,

    /// <summary>More than one layer translates, so that keys alone do not tell what each one does.</summary>
    ManyTranslations = 64,
}
