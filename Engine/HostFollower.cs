using System.Diagnostics;
using VxlanEngine.Pipeline;
using VxlanEngine.Policy;
using VxlanEngine.Ports;
using VxlanEngine.Wire;

namespace VxlanEngine;

/// <summary>Keeps the uplinks of a switch that follow the machine's own tables up to date with them.</summary>
/// <remarks>
/// <code>
/// open ─► read all ─► news ─┬ a neighbour ──► the one that changed
///   ▲                       ├ routes, links ► all routes again, for at most a tenth of the time
///   │ half a second         ├ overrun ──────► everything again
///   └───────────────────────┴ lost
/// </code>
/// Routes are read anew as a whole because the kernel does not say all that becomes of them: those of an interface that
/// goes down vanish without a word. Thread: the switch's.
/// </remarks>
/// <param name="core">The switch.</param>
/// <param name="open">Opens the machine's tables.</param>
internal sealed class HostFollower(SwitchCore core, Func<IHostTableSource> open) : IDisposable
{
    private const int RestFactor = 10;

    // A reading that was interrupted would make for a long rest.
    private static readonly long LongestRestEach = Stopwatch.Frequency / 50_000;

    private readonly SortedDictionary<int, Uplink> _uplinks = [];
    private readonly List<HostNeighbor> _news = [];
    private IHostTableSource? _source;
    private string? _fault;
    private string? _askFault;
    private long _lookedMs = -1;
    private long _restUntil;
    private bool _hasRead;
    private bool _isRouteDue;
    private bool _isAllDue;

    /// <summary>The descriptor that becomes readable when there is news; −1 while there is none.</summary>
    public int Descriptor => _source?.Descriptor ?? -1;

    /// <summary>True when something waits to be read again, so that <see cref="Turn"/> is due soon.</summary>
    public bool IsDue => _source is not null && (_isAllDue || _isRouteDue);

    /// <summary>Follows the tables for an uplink, or for one that stands on another port now.</summary>
    public void Follow(int index, Port port, IPacketPort adapter)
    {
        var live = adapter as ILivePort;
        _uplinks[index] = new Uplink(port, live?.Interface, live?.IsHeardByHost ?? false);
        core.Processor.HostAsked = Ask;
    }

    /// <summary>Follows them no more for an uplink.</summary>
    public void Leave(int index)
    {
        if (!_uplinks.Remove(index))
        {
            return;
        }

        core.Host.Bind(index, 0);
        core.Processor.FollowHost();
        if (_uplinks.Count == 0)
        {
            _source?.Dispose();
            _source = null;
        }
    }

    /// <summary>Has <see cref="Turn"/> look, however short a time ago it did.</summary>
    public void LookSoon() => _lookedMs = -1;

    /// <summary>Does what the machine's news ask for; it looks no more than once a tick of the clock.</summary>
    public void Turn()
    {
        long nowMs = Environment.TickCount64;
        if (_source is null || nowMs == _lookedMs)
        {
            return;
        }

        _lookedMs = nowMs;
        _news.Clear();
        HostChanges changes = _source.ReadChanges(_news);
        if (changes.HasFlag(HostChanges.Lost))
        {
            Lose("host tables: the machine says nothing any more.");
            return;
        }

        foreach (HostNeighbor neighbor in _news)
        {
            if (core.Host.SetNeighbor(neighbor))
            {
                core.Processor.FollowHost(neighbor);
            }
        }

        _isRouteDue |= changes.HasFlag(HostChanges.Routes);
        _isAllDue |= changes.HasFlag(HostChanges.Overrun);
        if (IsDue && Stopwatch.GetTimestamp() >= _restUntil)
        {
            ReadAgain();
        }
    }

    /// <summary>Opens the tables where they are not open, and looks for interfaces that came or went.</summary>
    /// <returns>True when they were opened anew: <see cref="Descriptor"/> is another one.</returns>
    public bool Maintain()
    {
        bool isOpened = _source is null && _uplinks.Values.Any(uplink => uplink.Interface is not null) && TryOpen();
        if (isOpened || (_source is not null && BindAll()))
        {
            _isAllDue = true;
            ReadAgain();
        }

        return isOpened && _source is not null;
    }

    /// <summary>How the uplinks fare, in their order.</summary>
    public IEnumerable<HostTablesSummary> Read()
    {
        foreach ((int index, Uplink uplink) in _uplinks)
        {
            int interfaceIndex = core.Host.InterfaceOf(index);
            int routes = interfaceIndex == 0 ? 0 : core.Host.CountRoutes(interfaceIndex);
            yield return new HostTablesSummary(
                uplink.Port.Name, uplink.Interface, routes, FaultOf(uplink, interfaceIndex));
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        core.Processor.HostAsked = null;
        _source?.Dispose();
        _source = null;
    }

    private string? FaultOf(Uplink uplink, int interfaceIndex)
    {
        if (uplink.Interface is null)
        {
            return "host tables: the port stands on no interface whose routes the machine has.";
        }

        if (_fault is not null || interfaceIndex == 0)
        {
            return _fault ?? $"host tables: the machine has no interface {uplink.Interface}.";
        }

        return uplink.Port.AsksHost && !uplink.IsHeardByHost
            ? $"host tables: the machine hears no answers of neighbours at {uplink.Interface}, whose frames the port "
                + "keeps for itself: let the uplink have \"resolveNeighbors\" too."
            : uplink.Port.AsksHost ? _askFault : null;
    }

    private bool TryOpen()
    {
        try
        {
            _source = open();
            (_fault, _askFault) = (null, null);
            BindAll();
            return true;
        }
        catch (PortOpenException e)
        {
            _fault = e.Message;
            return false;
        }
    }

    /// <summary>Finds the uplinks' interfaces by their names.</summary>
    /// <returns>True when one is another than before.</returns>
    private bool BindAll()
    {
        bool isOther = false;
        foreach ((int index, Uplink uplink) in _uplinks)
        {
            isOther |= core.Host.Bind(index, uplink.Interface is null ? 0 : _source!.IndexOf(uplink.Interface));
        }

        return isOther;
    }

    private void ReadAgain()
    {
        long began = Stopwatch.GetTimestamp();
        bool isAll = BindAll() | _isAllDue;
        (_isRouteDue, _isAllDue) = (false, false);
        var routes = new List<HostRoute>();
        var neighbors = new List<HostNeighbor>();
        string? fault = _source!.ReadRoutes(routes) ?? (isAll ? _source.ReadNeighbors(neighbors) : null);
        if (fault is not null)
        {
            Lose(fault);
            return;
        }

        bool isOther = core.Host.SetRoutes(routes);
        if (isAll)
        {
            core.Host.SetNeighbors(neighbors);
        }

        if (isOther || isAll)
        {
            core.Processor.FollowHost();
        }

        // The first time also takes what the runtime needs to compile it.
        long ended = Stopwatch.GetTimestamp();
        long rest = Math.Min(RestFactor * (ended - began), LongestRestEach * (routes.Count + 50));
        _restUntil = _hasRead ? ended + rest : ended;
        _hasRead = true;
    }

    // What was known last stays in force: the machine most likely still knows the same.
    private void Lose(string fault)
    {
        _fault = fault;
        _source?.Dispose();
        _source = null;
    }

    private void Ask(int port, IpAddress address)
    {
        int interfaceIndex = core.Host.InterfaceOf(port);
        if (_source is not null && interfaceIndex != 0)
        {
            _askFault = _source.Ask(interfaceIndex, address);
            LookSoon();
        }
    }

    private sealed record Uplink(Port Port, string? Interface, bool IsHeardByHost);
}
