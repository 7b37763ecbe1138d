using VxlanEngine.Tests.Ports.Captures;
using VxlanEngine.Tests.Scenarios;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Anonymization;

/// <summary>Every scenario of pcaps/, made anonymous as a user would, replays as the original does.</summary>
public sealed class AnonymousScenarioTests(AnonymousScenarios scenarios) : IClassFixture<AnonymousScenarios>
{
    public static TheoryData<string> Names => [.. Scenario.Names];

    /// <summary>Without those where it matters which worker a flow has: that follows from its addresses.</summary>
    public static TheoryData<string> NamesOfOneWorker => [.. Scenario.Names.Where(n => !Scenario.Load(n).HasWorkers)];

    [Theory]
    [MemberData(nameof(NamesOfOneWorker))]
    public void Packets_have_the_same_fates_reasons_rules_and_counters(string name)
    {
        VxeRun made = scenarios.Run(name);
        Assert.Equal((0, string.Empty), (made.Code, made.Error));
        Assert.Contains("all fare as the originals do", made.Output, StringComparison.Ordinal);
        ScenarioRun before = Scenario.Load(name).Replay();
        ScenarioRun after = scenarios.Copy(name).Replay();
        Assert.Equal(CounterList.Json(before.Result.Counters), CounterList.Json(after.Result.Counters));
        Assert.Equal(
            before.Result.LinkTypes.Select(l => l.Interface.LinkType),
            after.Result.LinkTypes.Select(l => l.Interface.LinkType));
        Assert.Empty(after.Result.Faults);
        Assert.Equal(Fates(before.Output), Fates(after.Output));
        Assert.Equal(Fates(before.Drops), Fates(after.Drops));
    }

    [SkippableTheory]
    [MemberData(nameof(Names))]
    public void A_decoder_finds_no_original_address_and_the_same_protocols_and_checksums(string name)
    {
        Tshark.SkipWhereMissing();
        IReadOnlyList<DecodedPair> frames = scenarios.Decoded(name);
        DecodedPair[] followed = [.. frames.Where(f => f.IsFollowed)];
        Assert.NotEmpty(followed);
        Assert.All(followed, f => Assert.Equal($"{f.Where}: {f.StoryBefore}", $"{f.Where}: {f.StoryAfter}"));
        Assert.Equal(
            Secret(followed.SelectMany(f => f.AddressesBefore)).Count,
            Secret(followed.SelectMany(f => f.AddressesAfter)).Count);
        HashSet<string> before = Secret(frames.SelectMany(f => f.AddressesBefore));
        Assert.NotEmpty(before);
        Assert.Empty(before.Intersect(frames.SelectMany(f => f.AddressesAfter), StringComparer.Ordinal));
    }

    [SkippableFact]
    public void A_decoder_reads_on_behind_what_the_engine_makes_no_sense_of_in_a_few_frames_only()
    {
        Tshark.SkipWhereMissing();
        DecodedPair[] frames = [.. Scenario.Names.SelectMany(scenarios.Decoded)];
        Assert.InRange(frames.Count(f => !f.IsFollowed), 1, frames.Length / 25);
        Assert.Contains(frames, f => !f.IsFollowed && f.StoryBefore != f.StoryAfter);
    }

    [Theory]
    [MemberData(nameof(Names))]
    public void Payload_is_gone_and_lengths_and_times_are_not(string name)
    {
        Scenario original = Scenario.Load(name);
        Assert.NotEmpty(original.Inputs());
        foreach ((_, string file) in original.Inputs())
        {
            List<ReadPacket> before = ReadPacket.ReadWhole(File.ReadAllBytes(file));
            List<ReadPacket> after = ReadPacket.ReadWhole(
                File.ReadAllBytes(scenarios.Copy(name).PathOf(Path.GetFileName(file))));
            Assert.Equal(
                before.Select(p => (p.Data.Length, p.OriginalLength, p.TimestampNs)),
                after.Select(p => (p.Data.Length, p.OriginalLength, p.TimestampNs)));

            // Headers of a tunnelled IPv6 packet take 8 + 54 + 74 + 60 bytes at most here, and Geneve's options 252.
            int maxHeaders = 196 + (name == "geneve-both-ways" ? 252 : 0);
            Assert.DoesNotContain(after, p => p.Data.Skip(maxHeaders).Any(b => b != 0));
        }
    }

    private static IEnumerable<(string Port, long Time, int Length, ulong? Id, string Fate)> Fates(byte[] capture) =>
        CapturedFrame.ReadAll(capture).Select(Fate);

    // What a comment says behind its first semicolon, addresses among it, was done to the packet.
    private static (string Port, long Time, int Length, ulong? Id, string Fate) Fate(CapturedFrame frame) =>
        (frame.Interface, frame.TimeNs, frame.Bytes.Length, frame.PacketId, frame.Comment.Split(';')[0]);

    /// <summary>The addresses that name a station.</summary>
    private static HashSet<string> Secret(IEnumerable<string> addresses) => [.. addresses.Where(a => !IsKept(a))];

    private static bool IsKept(string text) =>
        MacAddress.TryParse(text, null, out MacAddress mac)
            ? mac.IsZero || mac.IsBroadcast || IsWellKnownGroup(mac) || IsOfIana(text)
            : IpAddress.Parse(text, null) is var address
                && (address.IsUnspecified
                    || address.ToString() is "255.255.255.255" or "127.0.0.1" or "::1"
                    || IsWellKnownGroup(address));

    private static bool IsOfIana(string mac) => mac.StartsWith("00:00:5e:00", StringComparison.Ordinal);

    private static bool IsWellKnownGroup(IpAddress address) =>
        address.IsMulticast && address.ToString() is "224.0.0.1" or "224.0.0.22" or "224.0.0.251"
            or "ff02::1" or "ff02::2" or "ff02::16" or "ff02::fb" or "ff02::1:2";

    private static bool IsWellKnownGroup(MacAddress mac) =>
        mac.ToString() is "01:00:5e:00:00:01" or "01:00:5e:00:00:16" or "01:00:5e:00:00:fb"
            or "33:33:00:00:00:01" or "33:33:00:00:00:02" or "33:33:00:00:00:16" or "33:33:00:00:00:fb"
            or "33:33:00:01:00:02";
}
