using Xunit;

namespace VxlanEngine.Tests.Scenarios;

/// <summary>An independent decoder's view of a capture.</summary>
internal static class Tshark
{
    /// <summary>Protocols that payloads of text and patterns would be taken for, and found malformed.</summary>
    private static readonly string[] Applications =
        ["adwin_config", "dhcp", "dhcpv6", "dns", "mdns", "http", "ssh", "telnet"];

    private static readonly string[] Settings =
    [
        "-n", "-o", "ip.check_checksum:TRUE", "-o", "udp.check_checksum:TRUE", "-o", "tcp.check_checksum:TRUE",
        "-o", "ip.defragment:FALSE", "-o", "ipv6.defragment:FALSE", "-o", "tcp.desegment_tcp_streams:FALSE",
        .. Applications.SelectMany(a => new[] { "--disable-protocol", a }),
    ];

    private static readonly Decoder Program = new("tshark");

    /// <summary>Skips a test, visibly, where tshark is missing.</summary>
    public static void SkipWhereMissing() =>
        Skip.IfNot(Program.IsInstalled && MergedCapture.IsPossible, "tshark or mergecap is not installed");

    /// <summary>Fields of every packet, a row each; several values of one field are joined by commas.</summary>
    /// <param name="path">The capture.</param>
    /// <param name="fields">Names of the fields.</param>
    public static List<string[]> Read(string path, params string[] fields) => Read(path, [], fields);

    /// <inheritdoc cref="Read(string, string[])"/>
    /// <param name="path">The capture.</param>
    /// <param name="settings">Preferences that are not the usual ones, as <c>name:value</c>.</param>
    /// <param name="fields">Names of the fields.</param>
    public static List<string[]> Read(string path, string[] settings, string[] fields)
    {
        string[] columns = [.. fields.SelectMany(f => new[] { "-e", f })];
        string[] others = [.. settings.SelectMany(s => new[] { "-o", s })];
        (int code, string output, string error) =
            Program.Read(path, [.. Settings, .. others, "-T", "fields", "-E", "separator=/t", .. columns]);
        return code == 0
            ? [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))]
            : throw new InvalidOperationException($"tshark returned {code}: {error}");
    }
}
