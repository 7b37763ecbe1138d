using VxlanEngine.Wire;

namespace VxlanEngine.Ports;

/// <summary>The machine's own routes and neighbours, and news of them.</summary>
/// <remarks>What fails is said, never thrown, once the source is open. Thread: one.</remarks>
internal interface IHostTableSource : IDisposable
{
    /// <summary>The descriptor that becomes readable when there is news.</summary>
    int Descriptor { get; }

    /// <summary>Index of an interface; 0 when there is none of the name.</summary>
    int IndexOf(string name);

    /// <summary>Reads all routes of the table main, in the order of the machine.</summary>
    /// <returns>Null, or what went wrong.</returns>
    string? ReadRoutes(List<HostRoute> routes);

    /// <summary>Reads all neighbours.</summary>
    /// <returns>Null, or what went wrong.</returns>
    string? ReadNeighbors(List<HostNeighbor> neighbors);

    /// <summary>Reads what has changed since it was last asked.</summary>
    /// <param name="neighbors">Receives the neighbours that have changed, in order; such as are gone too.</param>
    HostChanges ReadChanges(List<HostNeighbor> neighbors);

    /// <summary>
    /// Has the machine ask for a neighbour, or confirm one that it has not heard of for a while; what it finds is news.
    /// </summary>
    /// <returns>Null, or why it does not.</returns>
    string? Ask(int interfaceIndex, IpAddress address);
}
