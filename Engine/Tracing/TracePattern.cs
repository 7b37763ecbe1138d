using System.Globalization;
using VxlanEngine.Packets;
using VxlanEngine.Wire;

namespace VxlanEngine.Tracing;

/// <summary>
/// A tuple as people write it: <c>tcp 10.0.1.5:40000 > 10.0.1.6:443</c>, where <c>*</c> stands for anything.
/// </summary>
public sealed class TracePattern
{
    private TracePattern(IpProtocol? protocol, Side source, Side destination)
    {
        Protocol = protocol;
        Source = source;
        Destination = destination;
    }

    /// <summary>The protocol; null for any.</summary>
    public IpProtocol? Protocol { get; }

    /// <summary>The source.</summary>
    public Side Source { get; }

    /// <summary>The destination.</summary>
    public Side Destination { get; }

    /// <summary>True when protocol, addresses and ports are all given: one packet can be made of it.</summary>
    public bool IsComplete => Protocol is not null && IsWhole(Source) && IsWhole(Destination);

    /// <summary>Parses the written form, and returns false where the text is none.</summary>
    public static bool TryParse(string text, out TracePattern? pattern)
    {
        pattern = null;
        string[] words = text.Split(' ', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries);
        if (words.Length == 3)
        {
            words = ["*", .. words];
        }

        if (words.Length != 4
            || words[2] != ">"
            || !TryParseProtocol(words[0], out IpProtocol? protocol)
            || !TryParseSide(words[1], out Side source)
            || !TryParseSide(words[3], out Side destination))
        {
            return false;
        }

        pattern = new TracePattern(protocol, source, destination);
        return true;
    }

    /// <summary>True when a story's innermost packet is of the flow, in either direction.</summary>
    public bool Matches(PacketStory story)
    {
        ArgumentNullException.ThrowIfNull(story);
        return Matches(story.Innermost);
    }

    /// <summary>True when a packet is of the flow, in either direction.</summary>
    public bool Matches(in ParsedFrame packet) =>
        packet.IsIp
        && (Protocol is null || Protocol == packet.Protocol)
        && (Runs(Source, Destination, packet) || Runs(Destination, Source, packet));

    private static bool Runs(Side from, Side to, in ParsedFrame packet) =>
        Fits(from, packet.Source, packet.SourcePort) && Fits(to, packet.Destination, packet.DestinationPort);

    private bool IsWhole(Side side) =>
        side.Addresses is { } addresses
        && addresses.PrefixLength == addresses.Address.BitLength
        && (side.Port is not null || Protocol is not (IpProtocol.Tcp or IpProtocol.Udp or IpProtocol.Sctp));

    private static bool Fits(Side side, IpAddress address, ushort port) =>
        (side.Addresses is null || side.Addresses.Value.Contains(address))
        && (side.Port is null || side.Port == port);

    private static bool TryParseProtocol(string word, out IpProtocol? protocol)
    {
        protocol = null;
        if (word == "*")
        {
            return true;
        }

        bool isName = Enum.TryParse(word, ignoreCase: true, out IpProtocol named) && !char.IsAsciiDigit(word[0]);
        bool isNumber = byte.TryParse(word, NumberStyles.None, CultureInfo.InvariantCulture, out byte number);
        protocol = isName ? named : isNumber ? (IpProtocol)number : null;
        return isName || isNumber;
    }

    // 10.0.1.5:80, 10.0.1.0/24:*, [fd01::5]:80, fd01::5, *:80, *
    private static bool TryParseSide(string word, out Side side)
    {
        side = default;
        string address = word;
        string port = "*";
        int colon = word.LastIndexOf(':');
        bool isBareIpv6 = word.Count(c => c == ':') > 1 && !word.StartsWith('[');
        if (colon >= 0 && !isBareIpv6)
        {
            (address, port) = (word[..colon], word[(colon + 1)..]);
        }

        address = address.Trim('[', ']');
        IpPrefix prefix = default;
        ushort number = 0;
        if ((address != "*" && !IpPrefix.TryParse(address, null, out prefix))
            || (port != "*" && !ushort.TryParse(port, NumberStyles.None, CultureInfo.InvariantCulture, out number)))
        {
            return false;
        }

        side = new Side(address == "*" ? null : prefix, port == "*" ? null : number);
        return true;
    }

    /// <summary>One end of a flow.</summary>
    /// <param name="Addresses">Its addresses; null for any.</param>
    /// <param name="Port">Its port; null for any.</param>
    public readonly record struct Side(IpPrefix? Addresses, ushort? Port);
}
