using System.Globalization;
using VxlanEngine.Ports.Linux;
using VxlanEngine.Ports.Pcap;
using VxlanEngine.Ports.Xdp;
using VxlanEngine.Wire;

namespace VxlanEngine.Ports;

/// <summary>Opens live ports by what one writes of them: <c>raw:eth0,promiscuous</c>.</summary>
public static partial class LivePorts
{
    /// <summary>How ports are written, for messages.</summary>
    public const string Grammar =
        "raw:INTERFACE[,promiscuous][,bypass][,uso][,fanout=N], "
        + "xdp:INTERFACE[,mode=native|skb][,queue=N][,copy|zerocopy][,busy][,uso][,promiscuous], "
        + "tap:INTERFACE[,mac=MAC][,mtu=N][,tunnels], udp:ADDRESS[:PORT][,sources=N], "
        + "pcap:INTERFACE[,promiscuous][,filter=TEXT], or around any of these "
        + FaultGrammar + " or " + TeeGrammar;

    // Odd, and far from any power of two: processes that follow each other are far apart.
    private const int Spread = 40503;

    private const string XdpKind = "xdp:";

    private static readonly string[] Kinds =
    [
        "raw:", XdpKind, "tap:", "udp:", "pcap:", "fault:", "fault,", "tee:", "tee,",
    ];

    private static readonly string[] KindsOfSeveralQueues = ["raw:", "tap:", "udp:"];

    private static int _groups;

    /// <summary>True when the text begins like a live port's, so that it is hardly a file's name.</summary>
    public static bool IsLivePort(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return Array.Exists(Kinds, kind => text.StartsWith(kind, StringComparison.Ordinal));
    }

    /// <summary>Opens a port.</summary>
    /// <param name="text">Kind, argument and options; <see cref="Grammar"/>.</param>
    /// <param name="defaults">What the policy says of the port.</param>
    /// <exception cref="FormatException">The text makes no sense.</exception>
    /// <exception cref="PortOpenException">The system has no such interface, or refuses it.</exception>
    public static ILivePort Open(string text, PortDefaults defaults = default) => Open(text, defaults, group: null);

    /// <summary>Opens a port for several threads, each of which uses a queue of its own.</summary>
    /// <remarks>
    /// Sockets of <c>raw:</c> share an interface by PACKET_FANOUT, those of <c>udp:</c> a port by SO_REUSEPORT;
    /// <c>tap:</c> makes an interface of several queues; <c>xdp:</c> takes as many of the interface's, if it has them.
    /// </remarks>
    /// <param name="text">Kind, argument and options; <see cref="Grammar"/>.</param>
    /// <param name="count">Number of queues, at least 1.</param>
    /// <param name="defaults">What the policy says of the port.</param>
    /// <returns>As many queues, or a single one where the kind has no more.</returns>
    /// <exception cref="FormatException">The text makes no sense.</exception>
    /// <exception cref="PortOpenException">The system has no such interface, or refuses it.</exception>
    public static IReadOnlyList<ILivePort> OpenQueues(string text, int count, PortDefaults defaults = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        ArgumentOutOfRangeException.ThrowIfLessThan(count, 1);
        if (text.StartsWith(XdpKind, StringComparison.Ordinal))
        {
            string[] parts = text[XdpKind.Length..].Split(',');
            return XdpPort.OpenQueues(parts[0], count, XdpOptions(text, parts));
        }

        if (count == 1 || !Array.Exists(KindsOfSeveralQueues, kind => text.StartsWith(kind, StringComparison.Ordinal)))
        {
            return [Open(text, defaults)];
        }

        // A group has one interface, and its number is the namespace's: another process hardly has the same.
        ushort group = unchecked((ushort)((Environment.ProcessId * Spread) + Interlocked.Increment(ref _groups)));
        var queues = new List<ILivePort>();
        try
        {
            while (queues.Count < count)
            {
                queues.Add(Open(text, defaults, group));
            }

            return queues;
        }
        catch
        {
            queues.ForEach(queue => queue.Dispose());
            throw;
        }
    }

    private static ILivePort Open(string text, PortDefaults defaults, ushort? group)
    {
        ArgumentNullException.ThrowIfNull(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string[] parts = text[(colon + 1)..].Split(',');
        string kind = text[..Math.Max(colon, 0)];
        if (parts[0].Length == 0)
        {
            throw Unknown(text);
        }

        if (kind.Split(',') is ["fault" or "tee", ..] words)
        {
            return OpenAround(text, words, text[(colon + 1)..], defaults);
        }

        return kind switch
        {
            "raw" => RawPort.Open(parts[0], RawOptions(text, parts.AsSpan(1), group)),
            "xdp" => XdpPort.Open(parts[0], XdpOptions(text, parts)),
            "tap" => TapPort.Open(parts[0], TapOptions(text, parts.AsSpan(1), defaults) with
            {
                MultiQueue = group is not null,
            }),
            "pcap" => PcapPort.Open(parts[0], PcapOptions(text, parts.AsSpan(1), defaults)),
            "udp" => OpenUdp(text, parts, defaults, isShared: group is not null),
            _ => throw Unknown(text),
        };
    }

    private static RawPortOptions RawOptions(string text, ReadOnlySpan<string> parts, ushort? queues)
    {
        // Order within a flow is worth more to queues than what the ring of another one would hold.
        var options = new RawPortOptions { FanoutGroup = queues, FanoutRollover = queues is null };
        foreach (string part in parts)
        {
            string[] pair = part.Split('=', 2);
            options = (pair[0], pair.Length) switch
            {
                ("promiscuous", 1) => options with { Promiscuous = true },
                ("bypass", 1) => options with { BypassQueueing = true },
                ("uso", 1) => options with { UdpSegmentation = true },
                ("fanout", 2) when TryParse(pair[1], out ushort group) => options with { FanoutGroup = group },
                _ => throw Unknown(text),
            };
        }

        return options;
    }

    private static XdpPortOptions XdpOptions(string text, string[] parts)
    {
        var options = new XdpPortOptions();
        foreach (string part in parts.AsSpan(1))
        {
            string[] pair = part.Split('=', 2);
            options = (pair[0], pair.Length > 1 ? pair[1] : null) switch
            {
                ("mode", "native") => options with { Mode = XdpMode.Native },
                ("mode", "skb") => options with { Mode = XdpMode.Skb },
                ("queue", string number) when TryParse(number, out ushort queue) => options with { Queue = queue },
                ("copy", null) => options with { Copy = XdpCopyMode.Copy },
                ("zerocopy", null) => options with { Copy = XdpCopyMode.ZeroCopy },
                ("busy", null) => options with { BusyPoll = true },
                ("uso", null) => options with { UdpSegmentation = true },
                ("promiscuous", null) => options with { Promiscuous = true },
                _ => throw Unknown(text),
            };
        }

        return options;
    }

    private static TapPortOptions TapOptions(string text, ReadOnlySpan<string> parts, PortDefaults defaults)
    {
        var options = new TapPortOptions
        {
            Mac = defaults.Mac,
            Mtu = defaults.Mtu,
            UdpSuperFrames = defaults.IsEndpoint,
        };
        foreach (string part in parts)
        {
            string[] pair = part.Split('=', 2);
            options = (pair[0], pair.Length) switch
            {
                ("mac", 2) when MacAddress.TryParse(pair[1], null, out MacAddress mac) => options with { Mac = mac },
                ("mtu", 2) when TryParse(pair[1], out ushort mtu) => options with { Mtu = mtu },
                ("tunnels", 1) => options with { TunnelSuperFrames = true },
                _ => throw Unknown(text),
            };
        }

        return options;
    }

    private static PcapPortOptions PcapOptions(string text, ReadOnlySpan<string> parts, PortDefaults defaults)
    {
        var options = new PcapPortOptions();
        options = defaults.Mtu > 0 ? options with { Mtu = defaults.Mtu } : options;
        for (int i = 0; i < parts.Length; i++)
        {
            const string Filter = "filter=";
            if (parts[i].StartsWith(Filter, StringComparison.Ordinal))
            {
                // A filter may have commas of its own, so it is all that is left.
                return options with { Filter = string.Join(',', parts[i..])[Filter.Length..] };
            }

            options = parts[i] == "promiscuous" ? options with { Promiscuous = true } : throw Unknown(text);
        }

        return options;
    }

    private static UdpPort OpenUdp(string text, string[] parts, PortDefaults defaults, bool isShared)
    {
        if (defaults.Vlan != 0)
        {
            throw new PortOpenException(
                $"{text}: a UDP socket sees no VLAN tags. Give it an address of an interface in VLAN {defaults.Vlan}, "
                + "and the policy's port no \"vlan\".");
        }

        var options = new UdpPortOptions { Mac = defaults.Mac, ReusePort = isShared };
        options = defaults.Mtu > 0 ? options with { Mtu = defaults.Mtu } : options;
        foreach (string part in parts.AsSpan(1))
        {
            string[] pair = part.Split('=', 2);
            options = (pair[0], pair.Length) switch
            {
                ("sources", 2) when TryParse(pair[1], out ushort sources) => options with { SourcePorts = sources },
                _ => throw Unknown(text),
            };
        }

        // An IPv6 address stands in brackets when a port follows.
        string address = parts[0];
        int colon = address.LastIndexOf(':');
        bool hasPort = colon > 0
            && (address.IndexOf(':', StringComparison.Ordinal) == colon || address[colon - 1] == ']');
        if (hasPort)
        {
            options = TryParse(address[(colon + 1)..], out ushort port)
                ? options with { Port = port }
                : throw Unknown(text);
            address = address[..colon];
        }

        return IpAddress.TryParse(address.Trim('[', ']'), null, out IpAddress local)
            ? UdpPort.Open(local, options)
            : throw Unknown(text);
    }

    private static bool TryParse(string text, out ushort number) =>
        ushort.TryParse(text, NumberStyles.None, CultureInfo.InvariantCulture, out number);

    private static FormatException Unknown(string text) => new($"'{text}' is no live port; expected {Grammar}.");
}
