using System.Globalization;
using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;
using System.Text.RegularExpressions;

namespace VxlanEngine.Benchmarks.Comparison;

/// <summary>What the figures were measured on.</summary>
/// <param name="Processor">Its model.</param>
/// <param name="Cores">Logical processors.</param>
/// <param name="NominalGhz">Nominal frequency, at which the time stamp counter runs; 0 when it is not known.</param>
/// <param name="Kernel">The operating system's kernel.</param>
/// <param name="Runtime">The .NET runtime.</param>
/// <param name="OpenVSwitch">The peer and its version.</param>
internal sealed partial record Machine(
    string Processor, int Cores, double NominalGhz, string Kernel, string Runtime, string OpenVSwitch)
{
    private const string ProcessorFile = "/proc/cpuinfo";
    private const string KernelFile = "/proc/sys/kernel/osrelease";

    /// <summary>Looks at this machine.</summary>
    public static Machine Here(string openVSwitch)
    {
        string processors = File.Exists(ProcessorFile) ? File.ReadAllText(ProcessorFile) : string.Empty;
        return new Machine(
            Model().Match(processors) is { Success: true } model ? model.Groups["value"].Value : "unknown",
            Environment.ProcessorCount,
            FrequencyOf(processors),
            File.Exists(KernelFile) ? $"Linux {File.ReadAllText(KernelFile).Trim()}" : RuntimeInformation.OSDescription,
            RuntimeInformation.FrameworkDescription,
            openVSwitch);
    }

    // What the model's name says, else CPUID leaf 16h, else the frequency at the moment.
    private static double FrequencyOf(string processors)
    {
        if (NameFrequency().Match(processors) is { Success: true } named)
        {
            return Number(named);
        }

        if (X86Base.IsSupported && X86Base.CpuId(0, 0).Eax >= 0x16 && X86Base.CpuId(0x16, 0).Eax is > 0 and int mhz)
        {
            return mhz / 1000.0;
        }

        return CurrentFrequency().Match(processors) is { Success: true } current ? Number(current) / 1000 : 0;
    }

    private static double Number(Match match) =>
        double.Parse(match.Groups["value"].ValueSpan, CultureInfo.InvariantCulture);

    [GeneratedRegex(@"^model name\s*: (?<value>.+)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex Model();

    [GeneratedRegex(@"^model name.*@ (?<value>[\d.]+)GHz", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex NameFrequency();

    [GeneratedRegex(@"^cpu MHz\s*: (?<value>[\d.]+)", RegexOptions.Multiline | RegexOptions.ExplicitCapture)]
    private static partial Regex CurrentFrequency();
}
