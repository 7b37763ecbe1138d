namespace VxlanEngine.Tests.Pipeline;

/// <summary>Who talks to whom, so that one's frames are answers to the other's.</summary>
internal sealed class Talk(Random random)
{
    public string Remote { get; } = random.Next(3) == 0 ? "10.0.1.5" : "10.0.0.9";

    public bool IsUdp { get; } = random.Next(2) == 0;

    public bool IsIpv6 { get; } = random.Next(3) == 0;

    public bool IsOverIpv6 => Remote == "10.0.1.5";

    public int Near { get; } = FastPathFrames.Pick(random, 80, 7, 1000, 1001);

    public int Far { get; } = FastPathFrames.Pick(random, 80, 53, 7, 2000, 5000, 5001);
}
