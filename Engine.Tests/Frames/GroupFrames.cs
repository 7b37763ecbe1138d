using System.Net;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Frames;

/// <summary>IGMP and MLD messages as the RFCs draw them, with addresses of the tests' uplinks.</summary>
internal static class GroupFrames
{
    public const byte ModeIsExclude = 2;
    public const byte ChangeToInclude = 3;
    public const byte ChangeToExclude = 4;
    public const byte ReportV1 = 0x12;
    public const byte ReportV2 = 0x16;
    public const byte Leave = 0x17;
    public const byte ListenerReport = 131;
    public const byte ListenerDone = 132;

    private static readonly byte[] RouterAlert = [0x94, 4, 0, 0];
    private static readonly byte[] RouterAlert6 = [5, 2, 0, 0, 1, 0];

    /// <summary>A version 3 report with one record without sources (RFC 3376 §4.2).</summary>
    public static FrameBuilder Igmpv3Report(string mac, string source, byte record, string group) =>
        Igmp(mac, source, "224.0.0.22", [0x22, 0, 0, 0, 0, 0, 0, 1, record, 0, 0, 0, .. Bytes(group)]);

    /// <summary>An older message of a host: reports go to the group, that it was left to all routers.</summary>
    public static FrameBuilder IgmpMessage(string mac, string source, byte type, string group) =>
        Igmp(mac, source, type == Leave ? "224.0.0.2" : group, [type, 0, 0, 0, .. Bytes(group)]);

    /// <summary>A version 3 query (RFC 3376 §4.1); <paramref name="group"/> 0.0.0.0 asks about all.</summary>
    public static FrameBuilder Igmpv3Query(
        string mac,
        string source,
        string group = "0.0.0.0",
        byte code = 10,
        byte robustness = 2,
        byte interval = 125) =>
        Igmp(
            mac,
            source,
            group == "0.0.0.0" ? "224.0.0.1" : group,
            [0x11, code, 0, 0, .. Bytes(group), robustness, interval, 0, 0]);

    /// <summary>A version 2 query, or with code 0 one of version 1.</summary>
    public static FrameBuilder IgmpQuery(string mac, string source, string group = "0.0.0.0", byte code = 10) =>
        Igmp(mac, source, group == "0.0.0.0" ? "224.0.0.1" : group, [0x11, code, 0, 0, .. Bytes(group)]);

    /// <summary>An MLDv2 report with one record without sources (RFC 3810 §5.2).</summary>
    public static FrameBuilder Mldv2Report(string mac, string source, byte record, string group) =>
        Mld(mac, source, "ff02::16", 143, restOfHeader: 1, [record, 0, 0, 0, .. Bytes(group)]);

    /// <summary>An MLDv1 message of a host: reports go to the group, that it was left to all routers.</summary>
    public static FrameBuilder MldMessage(string mac, string source, byte type, string group) =>
        Mld(mac, source, type == ListenerDone ? "ff02::2" : group, type, 0, Bytes(group));

    /// <summary>An MLDv2 query (RFC 3810 §5.1), or one of MLDv1.</summary>
    public static FrameBuilder MldQuery(
        string mac, string source, string group = "::", ushort milliseconds = 1000, bool isVersion2 = true) =>
        Mld(
            mac,
            source,
            group == "::" ? "ff02::1" : group,
            130,
            (uint)milliseconds << 16,
            [.. Bytes(group), .. isVersion2 ? [2, 125, 0, 0] : Array.Empty<byte>()]);

    private static FrameBuilder Igmp(string mac, string source, string destination, byte[] message) =>
        FrameBuilder.Ethernet(mac, MacOf(destination))
            .Ipv4(source, destination, ttl: 1, tos: 0xC0, dontFragment: true, options: RouterAlert)
            .Igmp(message);

    private static FrameBuilder Mld(
        string mac, string source, string destination, byte type, uint restOfHeader, byte[] body) =>
        FrameBuilder.Ethernet(mac, MacOf(destination))
            .Ipv6(source, destination, hopLimit: 1)
            .Extension(IpProtocol.HopByHop, RouterAlert6)
            .Icmpv6(type, 0, restOfHeader)
            .Payload(body);

    /// <summary>RFC 1112 §6.4, RFC 2464 §7.</summary>
    public static string MacOf(string group)
    {
        byte[] address = Bytes(group);
        return address.Length == 4
            ? $"01:00:5e:{address[1] & 0x7F:x2}:{address[2]:x2}:{address[3]:x2}"
            : $"33:33:{address[12]:x2}:{address[13]:x2}:{address[14]:x2}:{address[15]:x2}";
    }

    private static byte[] Bytes(string address) => IPAddress.Parse(address).GetAddressBytes();
}
