using System.Net;
using System.Net.Sockets;
using VxlanEngine.Benchmarks.Comparison;
using VxlanEngine.Tests.Live;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>TCP connections from the tenant to the peer that are opened once and mostly say nothing.</summary>
internal sealed class SoakConnections : IDisposable
{
    private const int Count = 16;
    private const int Port = 5301;
    private const int PatienceMs = 20_000;

    private readonly List<Socket> _tenants = [];
    private readonly List<Socket> _peers = [];

    /// <summary>Opens them.</summary>
    public SoakConnections(IoRig rig)
    {
        var address = new IPEndPoint(IPAddress.Parse(IoRig.PeerAddress), Port);
        using Socket listener = NetworkNamespace.Run(rig.Peer, NewSocket);
        listener.Bind(address);
        listener.Listen(Count);
        for (int i = 0; i < Count; i++)
        {
            Socket tenant = NetworkNamespace.Run(rig.Tenant, NewSocket);
            tenant.Connect(address);
            _tenants.Add(tenant);
            Socket peer = listener.Accept();
            peer.ReceiveTimeout = PatienceMs;
            _peers.Add(peer);
        }
    }

    /// <summary>Says something on each, both ways.</summary>
    /// <exception cref="ComparisonException">One is lost.</exception>
    public void Check()
    {
        for (int i = 0; i < Count; i++)
        {
            try
            {
                Exchange(_tenants[i], _peers[i]);
                Exchange(_peers[i], _tenants[i]);
            }
            catch (SocketException e)
            {
                throw new ComparisonException($"Connection {i} is lost: {e.Message}", e);
            }
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _tenants.ForEach(s => s.Dispose());
        _peers.ForEach(s => s.Dispose());
    }

    private static void Exchange(Socket from, Socket to)
    {
        Span<byte> bytes = [1, 2, 3];
        from.Send(bytes);
        bytes.Clear();
        int length = to.Receive(bytes);
        if (length != 3 || bytes[2] != 3)
        {
            throw new ComparisonException($"A connection gave {length} bytes of 3.");
        }
    }

    private static Socket NewSocket() =>
        new(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp) { ReceiveTimeout = PatienceMs };
}
