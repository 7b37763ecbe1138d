using VxlanEngine.Ports.Captures;
using VxlanEngine.Tests.Scenarios;

namespace VxlanEngine.Tests.Anonymization;

/// <summary>Every scenario of pcaps/, made anonymous as a user would, once for all tests.</summary>
public sealed class AnonymousScenarios : IDisposable
{
    // Recorded replies fit what hashes of addresses choose under this key. Digits, because a passphrase takes long.
    private const string Key = "8082eff0c36a6ccf67dbae0f7ccf5d76a158c496a17fb39c0dfddc864eb51c80";

    private readonly string _folder = Directory.CreateTempSubdirectory().FullName;
    private readonly Dictionary<string, VxeRun> _runs = new(StringComparer.Ordinal);
    private readonly Lazy<Dictionary<string, List<DecodedPair>>> _decoded;

    public AnonymousScenarios()
    {
        _decoded = new(Decode);
        foreach (string name in Scenario.Names)
        {
            Scenario original = Scenario.Load(name);
            string folder = FolderOf(name);
            _runs.Add(name, VxeRun.Of(["anonymize", "--key", Key, "--out", folder, .. original.Arguments()]));
            if (File.Exists(original.PathOf("replay.json")))
            {
                File.Copy(original.PathOf("replay.json"), Path.Combine(folder, "replay.json"));
            }
        }
    }

    public void Dispose() => Directory.Delete(_folder, recursive: true);

    /// <summary>What <c>vxe anonymize</c> said.</summary>
    internal VxeRun Run(string name) => _runs[name];

    /// <summary>The anonymous scenario.</summary>
    internal Scenario Copy(string name) => Scenario.Load(name, FolderOf(name));

    /// <summary>An independent decoder's view of every frame that enters, and of its copy.</summary>
    internal IReadOnlyList<DecodedPair> Decoded(string name) => _decoded.Value[name];

    private string FolderOf(string name) => Path.Combine(_folder, name);

    // Starting a decoder takes longer than all its work: it sees the frames of all scenarios in one capture.
    private Dictionary<string, List<DecodedPair>> Decode()
    {
        List<(string Scenario, string Where, byte[] Bytes)> frames = [];
        List<string[]> before = DecodeTogether(Scenario.Load, frames);
        List<string[]> after = DecodeTogether(Copy, []);
        Dictionary<string, List<DecodedPair>> pairs = Scenario.Names.ToDictionary(n => n, _ => new List<DecodedPair>());
        foreach (((string scenario, string where, byte[] bytes), (string[] was, string[] now)) in
            frames.Zip(before.Zip(after)))
        {
            pairs[scenario].Add(new DecodedPair(where, bytes, was, now));
        }

        return pairs.Values.Sum(p => p.Count) == before.Count && before.Count == after.Count
            ? pairs
            : throw new InvalidDataException($"{frames.Count} frames decoded to {before.Count} and {after.Count}.");
    }

    private List<string[]> DecodeTogether(
        Func<string, Scenario> load, List<(string Scenario, string Where, byte[] Bytes)> frames)
    {
        string merged = Path.Combine(_folder, "merged.pcapng");
        using (CaptureWriter writer = CaptureWriter.Create(merged, CaptureFormat.Pcapng))
        {
            foreach (string name in Scenario.Names)
            {
                foreach ((string port, string file) in load(name).Inputs())
                {
                    using CaptureReader reader = CaptureReader.Open(file);
                    Dictionary<int, int> interfaces = [];
                    for (int number = 1; reader.TryRead(out CapturedPacket packet); number++)
                    {
                        int source = packet.InterfaceIndex;
                        if (!interfaces.TryGetValue(source, out int target))
                        {
                            target = writer.AddInterface(string.Empty, reader.Interfaces[source].LinkType);
                            interfaces.Add(source, target);
                        }

                        writer.Write(target, packet.TimestampNs, packet.Data, packet.OriginalLength);
                        frames.Add((name, $"{name}, packet {number} of {port}", packet.Data.ToArray()));
                    }
                }
            }
        }

        return Tshark.Read(merged, DecodedPair.Fields);
    }
}
