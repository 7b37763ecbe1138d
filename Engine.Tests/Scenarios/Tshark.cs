using System.ComponentModel;
using System.Diagnostics;
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

    private static readonly Lazy<bool> IsInstalled = new(() =>
    {
        try
        {
            Start(["--version"]);
            return true;
        }
        catch (Win32Exception)
        {
            return false;
        }
    });

    /// <summary>Skips a test, visibly, where tshark is missing.</summary>
    public static void SkipWhereMissing() => Skip.IfNot(IsInstalled.Value, "tshark is not installed");

    /// <summary>Fields of every packet, a row each; several values of one field are joined by commas.</summary>
    /// <param name="path">The capture.</param>
    /// <param name="fields">Names of the fields.</param>
    public static List<string[]> Read(string path, params string[] fields)
    {
        string[] columns = [.. fields.SelectMany(f => new[] { "-e", f })];
        string output = Start(["-r", path, .. Settings, "-T", "fields", "-E", "separator=/t", .. columns]);
        return [.. output.Split('\n', StringSplitOptions.RemoveEmptyEntries).Select(line => line.Split('\t'))];
    }

    private static string Start(string[] arguments)
    {
        var start = new ProcessStartInfo("tshark", arguments)
        {
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        using Process process = Process.Start(start)!;
        Task<string> error = process.StandardError.ReadToEndAsync();
        string output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0
            ? output
            : throw new InvalidOperationException($"tshark returned {process.ExitCode}: {error.Result}");
    }
}
