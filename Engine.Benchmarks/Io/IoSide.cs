namespace VxlanEngine.Benchmarks.Io;

/// <summary>Somebody to measure.</summary>
/// <param name="Name">In tables and on the command line.</param>
/// <param name="What">What stands there.</param>
/// <param name="Start">Puts it into a rig.</param>
internal sealed record IoSide(string Name, string What, Func<IoRig, IIoSwitch> Start)
{
    /// <summary>All of them, in the table's order.</summary>
    public static IReadOnlyList<IoSide> All { get; } =
    [
        new("raw", "the engine, raw: and raw:", rig => new EngineSwitch(rig, "raw", "raw")),
        new("xdp", "the engine, xdp: and xdp:", rig => new EngineSwitch(rig, "xdp", "xdp")),
        new("raw-uso", "the engine, raw: and raw: with uso", rig => new EngineSwitch(rig, "raw", "raw", ",uso")),
        new("xdp-uso", "the engine, xdp: and xdp: with uso", rig => new EngineSwitch(rig, "xdp", "xdp", ",uso")),
        new("udp", "the engine, raw: and udp:", rig => new EngineSwitch(rig, "raw", "udp")),
        new("tap", "the engine, tap: and udp:", rig => new EngineSwitch(rig, "tap", "udp")),
        new("bridge", "the engine, tap: and tap: on a bridge", rig => new EngineSwitch(rig, "tap", "tap")),
        new("kernel", "Linux's VXLAN device", rig => new KernelSwitch(rig, cuts: false)),
        new("kernel-cut", "Linux's, no tunnel segmentation", rig => new KernelSwitch(rig, cuts: true)),
        new("relay", "a bare relay, TAP to UDP", rig => new RelaySwitch(rig)),
        new("ovs", "Open vSwitch, AF_PACKET", rig => new OpenVSwitchUserSpace(rig, "system")),
        new("ovs-xdp", "Open vSwitch, AF_XDP", rig => new OpenVSwitchUserSpace(rig, "afxdp")),
    ];

    /// <summary>Finds sides by their names.</summary>
    /// <exception cref="ArgumentException">There is no such side.</exception>
    public static IReadOnlyList<IoSide> Named(string names) =>
    [
        .. names.Split(',', StringSplitOptions.TrimEntries).Select(name => All.FirstOrDefault(s => s.Name == name)
            ?? throw new ArgumentException(
                $"There is no side {name}; there are {string.Join(", ", All.Select(s => s.Name))}.", nameof(names))),
    ];
}
