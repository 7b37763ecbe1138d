namespace VxlanEngine.Pipeline;

/// <content>The orderly end: nobody is to wait for a switch that ends.</content>
internal sealed partial class PacketProcessor
{
    private bool _isLeaving;

    /// <summary>
    /// Ends all BFD sessions and leaves all groups, whatever the policy in force and later ones say; it is said at
    /// once, and again as after a policy without them, if time goes on.
    /// </summary>
    /// <param name="timeNs">The time, by the clock that stamps the frames.</param>
    public void SayGoodbye(long timeNs)
    {
        _isLeaving = true;

        // Before the first frame nobody was told anything.
        if (NowNs != long.MinValue)
        {
            Advance(timeNs);
            ReviseSessions();
            ReviseMemberships();
            TendMemberships(_c.Frame.PacketId);
        }
    }
}
