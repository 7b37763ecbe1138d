using VxlanEngine.Wire;

namespace VxlanEngine.Ports.Linux;

/// <summary>The routes and neighbours of the network namespace that it was opened in, by rtnetlink.</summary>
/// <remarks>
/// One socket hears the news, another asks: an answer stands ready when the request was sent, so that nothing is waited
/// for. See <see href="https://man7.org/linux/man-pages/man7/rtnetlink.7.html"/>. Thread: one.
/// </remarks>
internal sealed class RouteNetlink : IHostTableSource
{
    private const string Name = "host tables";

    // RTMGRP_LINK, _NEIGH, _IPV4_IFADDR, _IPV4_ROUTE, _IPV6_IFADDR, _IPV6_ROUTE. Those of links and addresses because
    // routes that go with one go without a word.
    private const uint Groups = 0x1 | 0x4 | 0x10 | 0x40 | 0x100 | 0x400;
    private const int MaxTries = 3;
    private const int MaxDatagrams = 64;

    // NLM_F_REQUEST | NLM_F_DUMP.
    private const ushort DumpFlags = 0x301;

    private readonly NetlinkSocket _news;
    private readonly NetlinkSocket _requests;
    private uint _sequence;

    private RouteNetlink(NetlinkSocket news, NetlinkSocket requests) => (_news, _requests) = (news, requests);

    /// <inheritdoc/>
    public int Descriptor => _news.Descriptor;

    /// <summary>Opens both sockets.</summary>
    /// <exception cref="PortOpenException">It is not Linux, or the system refuses.</exception>
    public static RouteNetlink Open()
    {
        if (!OperatingSystem.IsLinux() || !Environment.Is64BitProcess)
        {
            throw new PortOpenException($"{Name}: reading the machine's routes and neighbours needs Linux of 64 bits.");
        }

        NetlinkSocket news = NetlinkSocket.Open(Name, Groups);
        try
        {
            return new RouteNetlink(news, NetlinkSocket.Open(Name, 0));
        }
        catch
        {
            news.Dispose();
            throw;
        }
    }

    /// <inheritdoc/>
    public int IndexOf(string name) => NetlinkSocket.IndexOf(name);

    /// <inheritdoc/>
    public string? ReadRoutes(List<HostRoute> routes)
    {
        return Dump(RouteMessage.TypeGet, RouteMessage.Length, routes, Take);

        static void Take(in NetlinkMessage message, List<HostRoute> routes)
        {
            if (message.Type == RouteMessage.TypeNew)
            {
                RouteMessage.Read(message.Payload, routes);
            }
        }
    }

    /// <inheritdoc/>
    public string? ReadNeighbors(List<HostNeighbor> neighbors)
    {
        return Dump(HostNeighborMessage.TypeGet, HostNeighborMessage.Length, neighbors, Take);

        static void Take(in NetlinkMessage message, List<HostNeighbor> neighbors)
        {
            if (message.Type == HostNeighborMessage.TypeNew
                && HostNeighborMessage.TryRead(message.Payload, isDeleted: false, out HostNeighbor neighbor))
            {
                neighbors.Add(neighbor);
            }
        }
    }

    /// <inheritdoc/>
    public HostChanges ReadChanges(List<HostNeighbor> neighbors)
    {
        HostChanges changes = HostChanges.None;
        for (int i = 0; i < MaxDatagrams; i++)
        {
            int error = _news.Receive(out ReadOnlySpan<byte> messages);
            if (error == LinuxError.TryAgain)
            {
                return changes;
            }

            changes |= error switch
            {
                0 => ReadChanges(messages, neighbors),
                LinuxError.NoBuffers => HostChanges.Overrun,
                _ => HostChanges.Lost,
            };
            if (changes.HasFlag(HostChanges.Lost))
            {
                return changes;
            }
        }

        return changes | HostChanges.More;
    }

    /// <summary>Reads the news of one datagram.</summary>
    internal static HostChanges ReadChanges(ReadOnlySpan<byte> messages, List<HostNeighbor> neighbors)
    {
        HostChanges changes = HostChanges.None;
        while (NetlinkMessage.TryNext(ref messages, out NetlinkMessage message))
        {
            switch (message.Type)
            {
                case HostNeighborMessage.TypeNew or HostNeighborMessage.TypeDelete:
                    bool isDeleted = message.Type == HostNeighborMessage.TypeDelete;
                    if (HostNeighborMessage.TryRead(message.Payload, isDeleted, out HostNeighbor neighbor))
                    {
                        neighbors.Add(neighbor);
                        changes |= HostChanges.Neighbors;
                    }

                    break;
                case NetlinkMessage.TypeOverrun:
                    changes |= HostChanges.Overrun;
                    break;
                case > NetlinkMessage.TypeOverrun:
                    changes |= HostChanges.Routes;
                    break;
            }
        }

        return changes;
    }

    /// <inheritdoc/>
    public string? Ask(int interfaceIndex, IpAddress address)
    {
        Span<byte> message = stackalloc byte[HostNeighborMessage.MaxQuestionLength];
        int length = HostNeighborMessage.WriteQuestion(message, ++_sequence, interfaceIndex, address);
        int error = _requests.Send(message[..length]);
        error = error == 0 ? ReceiveAll<int>([], (in message, _) => { }, out _) : error;
        return error switch
        {
            0 => null,
            LinuxError.NotPermitted or LinuxError.AccessDenied =>
                $"{Name}: no permission to have the machine ask for neighbours: run as root, or give the program "
                + "CAP_NET_ADMIN (setcap(8)).",
            _ => $"{Name}: the machine cannot ask for {address}: {LinuxError.Text(error)}.",
        };
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _news.Dispose();
        _requests.Dispose();
    }

    private string? Dump<T>(ushort type, int bodyLength, List<T> items, Taker<T> take)
    {
        Span<byte> message = stackalloc byte[NetlinkMessage.HeaderLength + bodyLength];
        ReadOnlySpan<byte> families = [Native.AfInet, Native.AfInet6];
        foreach (byte family in families)
        {
            int start = items.Count;
            bool isInterrupted = true;
            for (int tries = 0; tries < MaxTries && isInterrupted; tries++)
            {
                items.RemoveRange(start, items.Count - start);
                message.Clear();
                NetlinkMessage.WriteHeader(message, type, DumpFlags, ++_sequence);
                message[NetlinkMessage.HeaderLength] = family;
                int error = _requests.Send(message);
                error = error == 0 ? ReceiveAll(items, take, out isInterrupted) : error;
                if (error != 0)
                {
                    return $"{Name}: cannot read them: {LinuxError.Text(error)}.";
                }
            }
        }

        return null;
    }

    /// <summary>Receives the answer to the last request, to its end.</summary>
    private int ReceiveAll<T>(List<T> items, Taker<T> take, out bool isInterrupted)
    {
        isInterrupted = false;
        while (true)
        {
            int error = _requests.Receive(out ReadOnlySpan<byte> messages);
            if (error != 0)
            {
                return error;
            }

            while (NetlinkMessage.TryNext(ref messages, out NetlinkMessage message))
            {
                if (message.Sequence != _sequence)
                {
                    continue;
                }

                isInterrupted |= (message.Flags & NetlinkMessage.FlagInterrupted) != 0;
                if (message.Type is NetlinkMessage.TypeError or NetlinkMessage.TypeDone)
                {
                    return message.Error;
                }

                take(message, items);
            }
        }
    }

    private delegate void Taker<T>(in NetlinkMessage message, List<T> items);
}
