using System.Globalization;
using VxlanEngine.Cli;

namespace VxlanEngine.Tests.Anonymization;

/// <summary>What a command line came to.</summary>
internal sealed record VxeRun(int Code, string Output, string Error)
{
    /// <summary>Runs <c>vxe</c> with nothing on its standard input.</summary>
    public static VxeRun Of(params string[] arguments)
    {
        using var output = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        using var error = new StringWriter(CultureInfo.InvariantCulture) { NewLine = "\n" };
        int code = Program.Run(
            arguments,
            new CommandIo { OpenInput = () => Stream.Null, Output = output, Error = error, IsPlain = true });
        return new VxeRun(code, output.ToString(), error.ToString());
    }
}
