using VxlanEngine.Policy;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Replay;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests.Replay;

/// <summary>A small overlay, packets that cross it, and captures of them.</summary>
internal static class ReplaySamples
{
    /// <summary>Web (10.0.1.5) here, its peer (10.0.1.6) behind 172.31.0.2, as in the recorded scenarios.</summary>
    public const string PolicyText = """
        {
          "version": 1,
          "ports": [
            { "name": "web", "kind": "endpoint", "network": "blue", "mac": "02:42:0a:00:01:05",
              "addresses": ["10.0.1.5", "fd01::5"] },
            { "name": "uplink", "kind": "uplink", "mac": "02:aa:00:00:00:01",
              "addresses": ["172.31.0.1", "fd31::1"], "mtu": 1500 }
          ],
          "networks": [
            {
              "name": "blue", "vni": 4097, "subnets": ["10.0.1.0/24", "fd01::/64"],
              "endpoints": [
                { "addresses": ["10.0.1.6", "fd01::6"], "mac": "02:42:0a:00:01:06", "vtep": "172.31.0.2" }
              ],
              "vteps": ["172.31.0.2"],
              "tunnel": { "dontFragment": "set" },
              "broadcast": "replicate", "multicast": "replicate"
            }
          ],
          "neighbors": [
            { "port": "uplink", "address": "172.31.0.2", "mac": "02:aa:00:00:00:02" },
            { "port": "uplink", "address": "172.31.0.3", "mac": "02:aa:00:00:00:03" }
          ],
          "layers": [
            {
              "name": "acl", "ports": ["web"], "priority": 100, "stateful": true, "default": "block",
              "groups": [
                { "name": "acl-out", "direction": "out", "rules": [
                  { "id": "no-telnet", "priority": 100, "match": { "protocol": "tcp", "destinationPorts": "23" },
                    "action": "block" },
                  { "id": "anything-out", "priority": 200, "match": {}, "action": "allow" } ] },
                { "name": "acl-in", "direction": "in", "rules": [
                  { "id": "http-in", "match": { "protocol": "tcp", "destinationPorts": 80 }, "action": "allow" } ] }
              ]
            },
            {
              "name": "nat", "ports": ["web"], "priority": 200, "stateful": true, "default": "allow",
              "groups": [
                { "name": "pool", "direction": "out", "rules": [
                  { "id": "dns", "match": { "protocol": "udp", "destinationPorts": 53 },
                    "action": { "dynamicNat": { "addresses": "10.0.1.99", "ports": "40000-40099" } } } ] }
              ]
            },
            {
              "name": "vnet", "ports": ["web"], "priority": 300, "default": "block",
              "groups": [
                { "name": "encap", "direction": "out", "rules": [
                  { "id": "to-blue", "match": {}, "action": { "encap": { "network": "blue" } } } ] },
                { "name": "decap", "direction": "in", "rules": [
                  { "id": "from-blue", "match": { "vni": 4097 }, "action": "decap" } ] }
              ]
            }
          ]
        }
        """;

    /// <summary>The rule that a cautious colleague wants to add, in place of the one about telnet.</summary>
    public static string WithoutHttp { get; } =
        Change("\"no-telnet\"", "\"no-http\"", "\"destinationPorts\": \"23\"", "\"destinationPorts\": \"80\"");

    public static SwitchPolicy BluePolicy { get; } = PolicyJson.Parse(PolicyText);

    /// <summary>The policy with pieces of its text replaced: what, by what, what, by what.</summary>
    public static string Change(params string[] pairs)
    {
        string text = PolicyText;
        for (int i = 0; i < pairs.Length; i += 2)
        {
            if (!text.Contains(pairs[i], StringComparison.Ordinal))
            {
                throw new ArgumentException($"The policy does not say {pairs[i]}.", nameof(pairs));
            }

            text = text.Replace(pairs[i], pairs[i + 1], StringComparison.Ordinal);
        }

        return text;
    }

    public static byte[] TcpFromWeb(int destinationPort, TcpFlags flags = TcpFlags.Syn, int sourcePort = 40312) =>
        FromWeb().Ipv4("10.0.1.5", "10.0.1.6").Tcp(sourcePort, destinationPort, flags).Payload(10).Build();

    public static byte[] UdpFromWeb(int sourcePort, int destinationPort) =>
        FromWeb().Ipv4("10.0.1.5", "10.0.1.6").Udp(sourcePort, destinationPort).Payload(10).Build();

    public static byte[] BroadcastFromWeb() =>
        FromWeb("ff:ff:ff:ff:ff:ff").Ipv4("10.0.1.5", "10.0.1.255").Udp(1000, 2000).Payload(10).Build();

    public static byte[] ArpFromWeb() => FromWeb("ff:ff:ff:ff:ff:ff")
        .ArpRequest("02:42:0a:00:01:05", "10.0.1.5", "10.0.1.6").Build();

    public static byte[] TcpToWeb(int sourcePort, TcpFlags flags = TcpFlags.Syn | TcpFlags.Ack) =>
        FrameBuilder.Ethernet("02:aa:00:00:00:02", "02:aa:00:00:00:01").Ipv4("172.31.0.2", "172.31.0.1").Vxlan(4097)
            .InnerEthernet("02:42:0a:00:01:06", "02:42:0a:00:01:05").Ipv4("10.0.1.6", "10.0.1.5")
            .Tcp(sourcePort, 40312, flags).Payload(10).Build();

    /// <summary>Frames as a nanosecond pcap, one microsecond apart from the given one on.</summary>
    public static byte[] Pcap(int firstMicrosecond, params byte[][] frames)
    {
        using var stream = new MemoryStream();
        using (var writer = CaptureWriter.Create(stream, CaptureFormat.PcapNanoseconds))
        {
            writer.AddInterface("all", LinkType.Ethernet);
            for (int i = 0; i < frames.Length; i++)
            {
                long timeNs = 1_000_000_000L + ((firstMicrosecond + i) * 1000L);
                writer.Write(0, timeNs, frames[i], frames[i].Length, default);
            }
        }

        return stream.ToArray();
    }

    public static ReplayInput Input(string port, byte[] capture) => new(port, Reader(capture, $"{port}.pcap"));

    public static CaptureReader Reader(byte[] capture, string name) =>
        CaptureReader.Open(new MemoryStream(capture), name);

    /// <summary>The recorded scenarios: the name of each, and its captures by port.</summary>
    public static IEnumerable<(string Name, IReadOnlyList<(string Port, byte[] Capture)> Inputs)> Recordings() =>
        from folder in Directory.EnumerateDirectories(RepositoryFiles.PathOf("pcaps")).Order(StringComparer.Ordinal)
        let files = Directory.EnumerateFiles(folder, "*.in.pcap").Order(StringComparer.Ordinal).ToArray()
        where files.Length > 0 && Directory.EnumerateFiles(folder, "*.kernel.pcap").Any()
        select (
            Path.GetFileName(folder),
            (IReadOnlyList<(string, byte[])>)
                [.. files.Select(f => (Path.GetFileName(f).Split('.')[0], File.ReadAllBytes(f)))]);

    private static FrameBuilder FromWeb(string destination = "02:42:0a:00:01:06") =>
        FrameBuilder.Ethernet("02:42:0a:00:01:05", destination);
}
