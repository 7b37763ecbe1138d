using System.Globalization;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>Which frames a capture holds: one of each flow.</summary>
/// <param name="Flows">Number of flows, at most 2²⁴.</param>
/// <param name="IsTunnelled">True for VXLAN packets that come from the underlay.</param>
/// <param name="IsShuffled">True for random order, which flatters no cache; else in the flows' order.</param>
/// <param name="IsMixed">True for inner frames of 60, 590 and 1460 bytes, 7:4:1; else all have 60.</param>
internal sealed record FlowSet(int Flows, bool IsTunnelled = false, bool IsShuffled = false, bool IsMixed = false)
{
    private static readonly int[] Imix = [60, 60, 60, 60, 60, 60, 60, 590, 590, 590, 590, 1460];

    /// <summary>The size in short: <c>1000</c>, <c>r60k</c>, <c>imix-1000</c>.</summary>
    public string Name => (IsMixed ? "imix-" : string.Empty) + (IsShuffled ? "r" : string.Empty) + Flows switch
    {
        >= 1_000_000 => $"{Flows / 1_000_000}m",
        >= 10_000 => $"{Flows / 1000}k",
        _ => Flows.ToString(CultureInfo.InvariantCulture),
    };

    /// <summary>The frames, in the capture's order.</summary>
    public IEnumerable<byte[]> Frames()
    {
        int[] order = [.. Enumerable.Range(0, Flows)];
        if (IsShuffled)
        {
            new Random(1).Shuffle(order);
        }

        return order.Select(Frame);
    }

    /// <summary>The frame of one flow.</summary>
    public byte[] Frame(int flow)
    {
        int length = IsMixed ? Imix[flow % Imix.Length] : 60;
        return IsTunnelled ? FlowFrames.Tunnelled(flow, length) : FlowFrames.Plain(flow, length);
    }
}
