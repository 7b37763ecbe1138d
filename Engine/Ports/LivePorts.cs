using System.Globalization;
using VxlanEngine.Ports.Linux;

namespace VxlanEngine.Ports;

/// <summary>Opens live ports by what one writes of them: <c>raw:eth0,promiscuous</c>.</summary>
public static class LivePorts
{
    /// <summary>How ports are written, for messages.</summary>
    public const string Grammar = "raw:INTERFACE[,promiscuous][,bypass][,fanout=N]";

    /// <summary>True when the text begins like a live port's, so that it is hardly a file's name.</summary>
    public static bool IsLivePort(string text)
    {
        ArgumentNullException.ThrowIfNull(text);
        return text.StartsWith("raw:", StringComparison.Ordinal);
    }

    /// <summary>Opens a port.</summary>
    /// <param name="text">Kind, argument and options; <see cref="Grammar"/>.</param>
    /// <param name="defaults">What the policy says of the port.</param>
    /// <exception cref="FormatException">The text makes no sense.</exception>
    /// <exception cref="PortOpenException">The system has no such interface, or refuses it.</exception>
    public static ILivePort Open(string text, PortDefaults defaults = default)
    {
        ArgumentNullException.ThrowIfNull(text);
        int colon = text.IndexOf(':', StringComparison.Ordinal);
        string[] parts = text[(colon + 1)..].Split(',');
        string kind = text[..Math.Max(colon, 0)];
        if (parts[0].Length == 0)
        {
            throw Unknown(text);
        }

        return kind switch
        {
            "raw" => RawPort.Open(parts[0], RawOptions(text, parts.AsSpan(1))),
            _ => throw Unknown(text),
        };
    }

    private static RawPortOptions RawOptions(string text, ReadOnlySpan<string> parts)
    {
        var options = new RawPortOptions();
        foreach (string part in parts)
        {
            string[] pair = part.Split('=', 2);
            options = (pair[0], pair.Length) switch
            {
                ("promiscuous", 1) => options with { Promiscuous = true },
                ("bypass", 1) => options with { BypassQueueing = true },
                ("fanout", 2) when ushort.TryParse(
                    pair[1], NumberStyles.None, CultureInfo.InvariantCulture, out ushort group) =>
                    options with { FanoutGroup = group },
                _ => throw Unknown(text),
            };
        }

        return options;
    }

    private static FormatException Unknown(string text) => new($"'{text}' is no live port; expected {Grammar}.");
}
