using VxlanEngine.Ports;
using VxlanEngine.Wire;

namespace VxlanEngine.Tests;

/// <summary>The routes and neighbours of a machine that the test plays.</summary>
internal sealed class PlayedMachine : IHostTableSource
{
    public const int Interface = 7;

    private readonly Queue<(HostChanges Changes, HostNeighbor[] Neighbors)> _news = new();

    public List<HostRoute> Routes { get; } = [];

    public List<HostNeighbor> Neighbors { get; } = [];

    public List<string> Asked { get; } = [];

    public string Name { get; set; } = "eth0";

    public string? Refusal { get; set; }

    public string? AskRefusal { get; set; }

    public bool IsDisposed { get; private set; }

    public int Reads { get; private set; }

    public int Descriptor => -1;

    public PlayedMachine Open() => Refusal is null ? this : throw new PortOpenException(Refusal);

    public void Enqueue(HostChanges changes, HostNeighbor[] neighbors) => _news.Enqueue((changes, neighbors));

    public int IndexOf(string name) => name == Name ? Interface : 0;

    public string? ReadRoutes(List<HostRoute> routes)
    {
        routes.AddRange(Routes);
        Reads++;
        return null;
    }

    public string? ReadNeighbors(List<HostNeighbor> neighbors)
    {
        neighbors.AddRange(Neighbors);
        return null;
    }

    public HostChanges ReadChanges(List<HostNeighbor> neighbors)
    {
        HostChanges changes = HostChanges.None;
        while (_news.TryDequeue(out (HostChanges Changes, HostNeighbor[] Neighbors) news))
        {
            changes |= news.Changes;
            neighbors.AddRange(news.Neighbors);
        }

        return changes;
    }

    public string? Ask(int interfaceIndex, IpAddress address)
    {
        Asked.Add($"{interfaceIndex} {address}");
        return AskRefusal;
    }

    public void Dispose() => IsDisposed = true;
}
