using System.Globalization;
using VxlanEngine.Cli;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Replay;
using VxlanEngine.Tests.Ports.Captures;
using Xunit;

namespace VxlanEngine.Tests.Corpus;

/// <summary>What holds for every capture under any policy.</summary>
public sealed class CorpusReplayTests
{
    public static TheoryData<string> Policies => new("decap-all.json", "encap-all.json");

    [SkippableTheory]
    [MemberData(nameof(Policies))]
    public void Every_packet_of_every_capture_has_exactly_one_fate(string file)
    {
        SwitchPolicy policy = CorpusReplay.Policy(file);
        foreach (CorpusCapture capture in CorpusCapture.Opened)
        {
            CorpusReplay replay = CorpusReplay.Run(capture, policy);
            SwitchCounters counters = replay.Result.Counters;
            Assert.True(counters.AddsUp, capture.Name);
            Assert.Equal((capture.Name, 0), (capture.Name, counters.Generated + counters.Punted + counters.Held));
            Assert.Equal((capture.Name, 0), (capture.Name, counters.Consumed));
            foreach ((string name, PortCounters port) in counters.Ports)
            {
                bool isIngress = name == policy.Ports[0].Name;
                Assert.True(port.AddsUp, $"{capture}: {name}");
                Assert.Equal((capture.Name, isIngress ? capture.Packets.Count : 0), (capture.Name, port.Received));
                Assert.Equal((capture.Name, isIngress ? 0 : replay.Forwarded.Count), (capture.Name, port.Sent));
            }

            for (int i = 0; i < capture.Packets.Count; i++)
            {
                int fates = replay.Forwarded[i].Count() + replay.Dropped[i].Count();
                Assert.Equal((capture.Name, i + 1, 1), (capture.Name, i + 1, fates));
                if (replay.Dropped[i].SingleOrDefault() is ReadPacket dropped)
                {
                    Assert.Equal(capture.Packets[i].Data, dropped.Data);
                }
            }
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Policies))]
    public void A_second_replay_writes_the_same_bytes(string file)
    {
        SwitchPolicy policy = CorpusReplay.Policy(file);
        foreach (CorpusCapture capture in CorpusCapture.Opened)
        {
            CorpusReplay first = CorpusReplay.Run(capture, policy);
            CorpusReplay second = CorpusReplay.Run(capture, policy);
            Assert.True(first.ForwardedFile.AsSpan().SequenceEqual(second.ForwardedFile), capture.Name);
            Assert.True(first.DroppedFile.AsSpan().SequenceEqual(second.DroppedFile), capture.Name);
            Assert.Equal(first.Result.Counters.DroppedByReason, second.Result.Counters.DroppedByReason);
            Assert.Equal(first.Result.Counters.Rules, second.Result.Counters.Rules);
        }
    }

    [SkippableTheory]
    [MemberData(nameof(Policies))]
    public void A_damaged_capture_ends_with_a_message_that_names_file_and_byte(string file)
    {
        SwitchPolicy policy = CorpusReplay.Policy(file);
        int damaged = 0;
        foreach (CorpusCapture capture in CorpusCapture.All)
        {
            (int code, string output, string error) = Vxe(
                "replay", "--json", "--policy", RepositoryFiles.PathOf($"Engine.Tests/Corpus/{file}"),
                "-r", $"{policy.Ports[0].Name}={capture.Path}");
            ReplayResult? result = capture.CanOpen ? CorpusReplay.Run(capture, policy).Result : null;
            Assert.Equal(capture.CanOpen, output.Contains("\"addsUp\": true", StringComparison.Ordinal));
            if (capture.Fault is null)
            {
                Assert.Empty(result!.Faults);
                Assert.Equal((capture.Name, 0), (capture.Name, code));
                Assert.Equal(result.LinkTypes.Count, error.Count(c => c == '\n'));
                continue;
            }

            damaged++;
            string place = string.Create(
                CultureInfo.InvariantCulture, $"vxe: {capture.Path}: byte {capture.Fault.Offset}: ");
            string message = error.Split('\n')[^2];
            Assert.StartsWith(place, message, StringComparison.Ordinal);
            Assert.True(message.Length > place.Length + 10, message);
            Assert.Equal((capture.Name, 1), (capture.Name, code));
            if (result is not null)
            {
                Assert.Equal(message, $"vxe: {Assert.Single(result.Faults).Error.Message}");
            }
        }

        Assert.Equal(7, damaged);
    }

    private static (int Code, string Output, string Error) Vxe(params string[] args)
    {
        using var output = new StringWriter { NewLine = "\n" };
        using var error = new StringWriter { NewLine = "\n" };
        int code = Program.Run(args, new CommandIo { OpenInput = () => Stream.Null, Output = output, Error = error });
        return (code, output.ToString(), error.ToString());
    }
}
