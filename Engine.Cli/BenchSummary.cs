using System.Globalization;
using System.Text.Json;
using VxlanEngine.Replay;

namespace VxlanEngine.Cli;

/// <summary>What <c>vxe replay --bench</c> prints.</summary>
internal static class BenchSummary
{
    public static void Write(ReplayBenchmarkResult result, bool asJson, TextWriter output)
    {
        if (!asJson)
        {
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Mpps:F2} million packets a second, {result.NsPerPacket:F1} ns a packet "
                + $"({result.FastestNs:F1} in the fastest milliseconds)"));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Packets} packets in {result.Elapsed.TotalSeconds:F2} s, "
                + $"{result.HitRate:P1} like earlier ones"));
            output.WriteLine(string.Create(
                CultureInfo.InvariantCulture,
                $"{result.Sent} left; {(double)result.AllocatedBytes / result.Packets:F3} bytes allocated a packet"));
            return;
        }

        output.WriteLine(JsonSerializer.Serialize(
            new
            {
                mpps = Math.Round(result.Mpps, 3),
                nsPerPacket = Math.Round(result.NsPerPacket, 2),
                fastestNsPerPacket = Math.Round(result.FastestNs, 2),
                packets = result.Packets,
                seconds = Math.Round(result.Elapsed.TotalSeconds, 3),
                sent = result.Sent,
                hitRate = Math.Round(result.HitRate, 4),
                bytesAllocated = result.AllocatedBytes,
            }));
    }
}
