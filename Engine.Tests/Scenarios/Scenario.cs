using System.Text.Json;
using System.Text.Json.Serialization;
using VxlanEngine.Cli;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports.Captures;
using VxlanEngine.Replay;

namespace VxlanEngine.Tests.Scenarios;

/// <summary>A folder such as those of pcaps/: what enters, under which policies, and what must come of it.</summary>
internal sealed class Scenario
{
    private const string InputMark = ".in.pcap";

    private static readonly JsonSerializerOptions Strict = new(JsonSerializerDefaults.Web)
    {
        UnmappedMemberHandling = JsonUnmappedMemberHandling.Disallow,
    };

    private readonly string _folder;
    private readonly List<(string Offset, TimeSpan After, string File, SwitchPolicy Policy)> _changes = [];
    private readonly SwitchLimits _limits = new();
    private readonly ReplayRoom _room = new();
    private readonly WorkersRoom? _workers;

    static Scenario()
    {
        if (RepositoryFiles.UpdateGolden)
        {
            HandMadeFrames.WriteAll();
        }
    }

    private Scenario(string name, string folder)
    {
        Name = name;
        _folder = folder;
        Policy = PolicyJson.Load(PathOf("policy.json"));
        if (!File.Exists(PathOf("replay.json")))
        {
            return;
        }

        using JsonDocument replay = JsonDocument.Parse(File.ReadAllText(PathOf("replay.json")));
        if (replay.RootElement.TryGetProperty("limits", out JsonElement limits))
        {
            _limits = limits.Deserialize<SwitchLimits>(Strict)!;
        }

        if (replay.RootElement.TryGetProperty("room", out JsonElement room))
        {
            _room = room.Deserialize<ReplayRoom>(Strict)!;
        }

        if (replay.RootElement.TryGetProperty("workers", out JsonElement workers))
        {
            _workers = workers.Deserialize<WorkersRoom>(Strict);
        }

        if (!replay.RootElement.TryGetProperty("policyAt", out JsonElement policyAt))
        {
            return;
        }

        foreach (JsonProperty change in policyAt.EnumerateObject())
        {
            string text = $"{change.Name}={change.Value}";
            if (!ReplayArguments.TryParsePolicyAt(text, out (TimeSpan After, string File) at))
            {
                throw new FormatException($"{name}/replay.json: {text} is no change of policy.");
            }

            _changes.Add((change.Name, at.After, at.File, PolicyJson.Load(PathOf(at.File))));
        }
    }

    public string Name { get; }

    public SwitchPolicy Policy { get; }

    /// <summary>All policies of the replay, the first one first.</summary>
    public IEnumerable<SwitchPolicy> Policies => [Policy, .. _changes.Select(c => c.Policy)];

    /// <summary>The scenarios' names.</summary>
    public static IEnumerable<string> Names => RepositoryFiles.Under("pcaps", ".json")
        .Where(f => f.EndsWith("/policy.json", StringComparison.Ordinal))
        .Select(f => f.Split('/')[^2]);

    /// <summary>Names of the scenarios that were recorded from the kernel.</summary>
    public static IEnumerable<string> RecordedNames =>
        Names.Where(n => File.Exists(RepositoryFiles.PathOf($"pcaps/{n}/uplink.kernel.pcap")));

    public static Scenario Load(string name) => Load(name, RepositoryFiles.PathOf($"pcaps/{name}"));

    /// <summary>Loads a copy of a scenario from another folder.</summary>
    public static Scenario Load(string name, string folder) => new(name, folder);

    /// <summary>True when the frames' ways depend on which worker a flow has, and so on its addresses.</summary>
    public bool HasWorkers => _workers is not null;

    /// <summary>The scenario in the words of <c>vxe</c>; it has none for limits, room and workers.</summary>
    public IEnumerable<string> Arguments() =>
    [
        "--policy", PathOf("policy.json"),
        .. Inputs().SelectMany(input => new[] { "-r", $"{input.Port}={input.File}" }),
        .. _changes.SelectMany(change => new[] { "--policy-at", $"{change.Offset}={PathOf(change.File)}" }),
    ];

    /// <summary>The captures that enter, in the policy's order of ports, which settles the order at one time.</summary>
    public IEnumerable<(string Port, string File)> Inputs() =>
        from port in Policies.SelectMany(p => p.Ports).Select(p => p.Name).Distinct(StringComparer.Ordinal)
        from ending in new[] { InputMark, InputMark + "ng" }
        let file = PathOf(port + ending)
        where File.Exists(file)
        select (port, file);

    public string PathOf(string file) => Path.Combine(_folder, file);

    /// <summary>The frames of a capture in the folder.</summary>
    public IReadOnlyList<CapturedFrame> Read(string file) => CapturedFrame.ReadAll(File.ReadAllBytes(PathOf(file)));

    /// <summary>Takes the captures through the policies.</summary>
    /// <param name="comments">Whether frames say why: if not, packets like earlier ones go the short way.</param>
    public ScenarioRun Replay(bool comments = true)
    {
        using var output = new MemoryStream();
        using var drops = new MemoryStream();
        ReplayResult result;
        using (CaptureWriter outputWriter = CaptureWriter.Create(output, CaptureFormat.Pcapng))
        using (CaptureWriter dropsWriter = CaptureWriter.Create(drops, CaptureFormat.Pcapng))
        {
            var options = new ReplayOptions
            {
                Policy = Policy,
                Inputs = [.. Inputs().Select(i => new ReplayInput(i.Port, CaptureReader.Open(i.File)))],
                Output = outputWriter,
                Drops = dropsWriter,
                Changes = [.. _changes.Select(c => new PolicyChange(c.After, c.Policy))],
                Limits = _limits,
                Room = _room,
                Comments = comments,
            };
            result = _workers is null ? CaptureReplay.Run(options) : new WorkersReplay(options, _workers).Run();
        }

        return new ScenarioRun(output.ToArray(), drops.ToArray(), result);
    }
}
