using VxlanEngine.Wire;

namespace VxlanEngine.Overlay;

/// <summary>A multicast group of the underlay that an uplink has joined, or has left and still says so.</summary>
internal sealed class GroupMembership(int port, IpAddress group)
{
    /// <summary>Index of the uplink.</summary>
    public int Port => port;

    /// <summary>The group.</summary>
    public IpAddress Group => group;

    /// <summary>False for one that was left.</summary>
    public bool IsJoined { get; internal set; }

    /// <summary>How often it is still to be said that the group was joined, or left.</summary>
    internal int ChangesLeft { get; set; }

    /// <summary>Whether it was said once.</summary>
    internal bool IsChangeSaid { get; set; }

    /// <summary>When that is to be said next.</summary>
    internal long ChangeNs { get; set; } = long.MaxValue;

    /// <summary>When a query is to be answered; never, unless one waits.</summary>
    internal long AnswerNs { get; set; } = long.MaxValue;

    /// <summary>When there is something to say next.</summary>
    internal long DueNs => Math.Min(ChangeNs, AnswerNs);
}
