using System.Text.Json;
using VxlanEngine.Packets;
using VxlanEngine.Tests.Scenarios;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Anonymization;

/// <summary>Every scenario of pcaps/, made anonymous as a user would, replays as the original does.</summary>
public sealed class AnonymousScenarioTests : IDisposable
{
    private const string Key = "a key";

    private static readonly string[] ChecksumFields =
    [
        "frame.protocols", "ip.checksum.status", "udp.checksum.status", "tcp.checksum.status", "icmp.checksum.status",
        "icmpv6.checksum.status", "igmp.checksum.status", "_ws.malformed", "frame.len", "frame.time_epoch",
    ];

    private static readonly string[] AddressFields =
    [
        "eth.addr", "arp.src.hw_mac", "arp.dst.hw_mac", "arp.src.proto_ipv4", "arp.dst.proto_ipv4", "ip.addr",
        "ipv6.addr", "icmpv6.nd.ns.target_address", "icmpv6.nd.na.target_address", "icmpv6.opt.linkaddr",
        "icmpv6.mld.multicast_address", "icmpv6.mldr.mar.multicast_address", "igmp.maddr",
    ];

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;

    public static TheoryData<string> Names => [.. Scenario.Names];

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    [Theory]
    [MemberData(nameof(Names))]
    public void Packets_have_the_same_fates_reasons_rules_and_counters(string name)
    {
        VxeRun made = Anonymize(name);
        Assert.Equal((0, string.Empty), (made.Code, made.Error));
        (string json, IReadOnlyList<CapturedFrame> sent, IReadOnlyList<CapturedFrame> drops) =
            Replay(name, RepositoryFiles.PathOf($"pcaps/{name}"), "before");
        (string jsonAfter, IReadOnlyList<CapturedFrame> sentAfter, IReadOnlyList<CapturedFrame> dropsAfter) =
            Replay(name, _folder, "after");
        Assert.Equal(json, jsonAfter);
        Assert.Equal(sent.Select(Fate), sentAfter.Select(Fate));
        Assert.Equal(drops.Select(Fate), dropsAfter.Select(Fate));
    }

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void A_decoder_finds_no_original_address_and_the_same_protocols_and_checksums(string name)
    {
        Tshark.SkipWhereMissing();
        Anonymize(name);
        foreach ((_, string file) in Inputs(name))
        {
            string original = RepositoryFiles.PathOf($"pcaps/{name}/{file}");
            string anonymous = Path.Combine(_folder, file);
            bool[] isOpen = [.. Scenario.Load(name).Read(file).Select(IsOpen)];
            Assert.Equal(
                Rows(original).Where((_, i) => isOpen[i]), Rows(anonymous).Where((_, i) => isOpen[i]));
            HashSet<string> before = AddressesIn(original);
            HashSet<string> after = AddressesIn(anonymous);
            Assert.NotEmpty(before);
            Assert.Equal(before.Count, after.Count);
            Assert.Empty(before.Intersect(after, StringComparer.Ordinal));
        }
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Payload_is_gone_and_lengths_and_times_are_not(string name)
    {
        Anonymize(name);
        foreach ((_, string file) in Inputs(name))
        {
            IReadOnlyList<CapturedFrame> before = Scenario.Load(name).Read(file);
            IReadOnlyList<CapturedFrame> after =
                CapturedFrame.ReadAll(File.ReadAllBytes(Path.Combine(_folder, file)));
            Assert.Equal(
                before.Select(f => (f.Bytes.Length, f.TimeNs)), after.Select(f => (f.Bytes.Length, f.TimeNs)));

            // Headers of a tunnelled IPv6 packet take 8 + 54 + 74 + 60 bytes at most here.
            Assert.All(after, f => Assert.All(f.Bytes.Skip(196), b => Assert.Equal(0, b)));
        }
    }

    private static IEnumerable<string> Rows(string capture) =>
        Tshark.Read(capture, ChecksumFields).Select(row => string.Join(' ', row));

    // tshark reads on behind a VXLAN header without its I flag, where the engine does not, and so zeros are.
    private static bool IsOpen(CapturedFrame frame) =>
        PacketParser.ParseFrame(frame.Bytes, 0, out ParsedFrame outer) != DropReason.None
        || outer.Tunnel != TunnelKind.Vxlan
        || PacketParser.ParseVxlan(frame.Bytes, outer, out _, out _) != DropReason.VxlanInvalidHeader;

    private VxeRun Anonymize(string name) => VxeRun.Of(
        ["anonymize", "--key", Key, "--out", _folder, .. Arguments(RepositoryFiles.PathOf($"pcaps/{name}"), name)]);

    private (string Json, IReadOnlyList<CapturedFrame> Sent, IReadOnlyList<CapturedFrame> Drops) Replay(
        string name, string folder, string run)
    {
        string sent = Path.Combine(_folder, $"{run}-sent.pcapng");
        string drops = Path.Combine(_folder, $"{run}-drops.pcapng");
        VxeRun replay = VxeRun.Of(
            ["replay", "--json", "-w", sent, "--drops", drops, .. Arguments(folder, name)]);
        Assert.Equal((0, string.Empty), (replay.Code, replay.Error));
        return (
            replay.Output,
            CapturedFrame.ReadAll(File.ReadAllBytes(sent)),
            CapturedFrame.ReadAll(File.ReadAllBytes(drops)));
    }

    // What a comment says behind its first semicolon, addresses among it, was done to the packet.
    private static (string Port, long Time, int Length, ulong? Id, string Fate) Fate(CapturedFrame frame) =>
        (frame.Interface, frame.TimeNs, frame.Bytes.Length, frame.PacketId, frame.Comment.Split(';')[0]);

    private static IEnumerable<string> Arguments(string folder, string name)
    {
        yield return "--policy";
        yield return Path.Combine(folder, "policy.json");
        foreach ((string port, string file) in Inputs(name))
        {
            yield return "-r";
            yield return $"{port}={Path.Combine(folder, file)}";
        }

        string replay = RepositoryFiles.PathOf($"pcaps/{name}/replay.json");
        if (File.Exists(replay))
        {
            using JsonDocument document = JsonDocument.Parse(File.ReadAllText(replay));
            foreach (JsonProperty change in document.RootElement.GetProperty("policyAt").EnumerateObject())
            {
                yield return "--policy-at";
                yield return $"{change.Name}={Path.Combine(folder, change.Value.GetString()!)}";
            }
        }
    }

    private static IEnumerable<(string Port, string File)> Inputs(string name) =>
        Directory.GetFiles(RepositoryFiles.PathOf($"pcaps/{name}"), "*.in.pcap*")
            .Select(path => Path.GetFileName(path))
            .Order(StringComparer.Ordinal)
            .Select(file => (file.Split('.')[0], file));

    /// <summary>The addresses that tshark shows anywhere in a capture, without those that name no station.</summary>
    private static HashSet<string> AddressesIn(string capture) =>
    [
        .. Tshark.Read(capture, AddressFields)
            .SelectMany(row => row)
            .SelectMany(cell => cell.Split(','))
            .Where(text => text.Length > 0 && !IsKept(text)),
    ];

    private static bool IsKept(string text) =>
        MacAddress.TryParse(text, null, out MacAddress mac)
            ? mac.IsZero || mac.IsBroadcast || IsWellKnownGroup(mac)
            : IpAddress.Parse(text, null) is var address
                && (address.IsUnspecified
                    || address.ToString() is "255.255.255.255" or "127.0.0.1" or "::1"
                    || IsWellKnownGroup(address));

    private static bool IsWellKnownGroup(IpAddress address) =>
        address.IsMulticast && address.ToString() is "224.0.0.1" or "224.0.0.22" or "224.0.0.251"
            or "ff02::1" or "ff02::2" or "ff02::16" or "ff02::fb" or "ff02::1:2";

    private static bool IsWellKnownGroup(MacAddress mac) =>
        mac.ToString() is "01:00:5e:00:00:01" or "01:00:5e:00:00:16" or "01:00:5e:00:00:fb"
            or "33:33:00:00:00:01" or "33:33:00:00:00:02" or "33:33:00:00:00:16" or "33:33:00:00:00:fb"
            or "33:33:00:01:00:02";
}
