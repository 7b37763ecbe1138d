using System.Globalization;
using VxlanEngine.Ports.Wrappers;

namespace VxlanEngine.Ports;

/// <content>Ports around another port, which stands behind the colon.</content>
public static partial class LivePorts
{
    private const string FaultGrammar =
        "fault[,loss=P%][,delay=TIME][,duplicate=P%][,reorder=P%][,corrupt=P%][,limit=N][,seed=N]:PORT";

    private const string TeeGrammar = "tee,file=PATH[,rotate=SIZE][,keep=N]:PORT";

    private static readonly (string Name, long Ticks)[] TimeUnits =
    [
        ("us", TimeSpan.TicksPerMicrosecond), ("ms", TimeSpan.TicksPerMillisecond), ("s", TimeSpan.TicksPerSecond),
    ];

    private static readonly (string Name, long Bytes)[] SizeUnits =
    [
        ("kB", 1_000), ("KB", 1_000), ("MB", 1_000_000), ("GB", 1_000_000_000),
    ];

    private static WrappedPort OpenAround(string text, string[] words, string inner, PortDefaults defaults)
    {
        FaultOptions? faults = words[0] == "fault" ? ParseFaults(text, words.AsSpan(1)) : null;
        TeeOptions? tee = faults is null ? ParseTee(text, words.AsSpan(1)) : null;
        ILivePort port = Open(inner, defaults);
        if (faults is not null)
        {
            return new FaultPort(port, faults);
        }

        try
        {
            return TeePort.Open(port, tee!);
        }
        catch
        {
            port.Dispose();
            throw;
        }
    }

    private static FaultOptions ParseFaults(string text, ReadOnlySpan<string> words)
    {
        var options = new FaultOptions();
        foreach (string word in words)
        {
            string[] pair = word.Split('=', 2);
            string value = pair.Length > 1 ? pair[1] : string.Empty;
            options = pair[0] switch
            {
                "loss" when TryParseShare(value, out double share) => options with { Loss = share },
                "duplicate" when TryParseShare(value, out double share) => options with { Duplicate = share },
                "reorder" when TryParseShare(value, out double share) => options with { Reorder = share },
                "corrupt" when TryParseShare(value, out double share) => options with { Corrupt = share },
                "delay" when TryParseUnits(value, TimeUnits, 60 * TimeSpan.TicksPerSecond, out long ticks) =>
                    options with { Delay = new TimeSpan(ticks) },
                "limit" when TryParse(value, out ushort limit) && limit >= 2 => options with { QueueLength = limit },
                "seed" when ulong.TryParse(value, NumberStyles.None, CultureInfo.InvariantCulture, out ulong seed) =>
                    options with { Seed = seed },
                _ => throw Misunderstood(text, word, FaultGrammar),
            };
        }

        return options;
    }

    private static TeeOptions ParseTee(string text, ReadOnlySpan<string> words)
    {
        var options = new TeeOptions { File = string.Empty };
        foreach (string word in words)
        {
            string[] pair = word.Split('=', 2);
            string value = pair.Length > 1 ? pair[1] : string.Empty;
            options = pair[0] switch
            {
                "file" when value.Length > 0 => options with { File = value },
                "rotate" when TryParseUnits(value, SizeUnits, long.MaxValue, out long bytes) && bytes > 0 =>
                    options with { RotateAt = bytes },
                "keep" when TryParse(value, out ushort keep) && keep > 0 => options with { Keep = keep },
                _ => throw Misunderstood(text, word, TeeGrammar),
            };
        }

        return options.File.Length > 0 ? options : throw Misunderstood(text, "tee without file=PATH", TeeGrammar);
    }

    private static bool TryParseShare(string text, out double share)
    {
        ReadOnlySpan<char> digits = text.AsSpan().TrimEnd('%');
        bool isNumber = double.TryParse(
            digits, NumberStyles.AllowDecimalPoint, CultureInfo.InvariantCulture, out double percent);
        share = percent / 100;
        return isNumber && text.EndsWith('%') && share is >= 0 and <= 1;
    }

    private static bool TryParseUnits(string text, (string Name, long Size)[] units, long most, out long value)
    {
        string digits = text.TrimEnd([.. units.SelectMany(unit => unit.Name)]);
        long size = Array.Find(units, unit => unit.Name == text[digits.Length..]).Size;
        value = 0;
        if (size == 0
            || !long.TryParse(digits, NumberStyles.None, CultureInfo.InvariantCulture, out long number)
            || number > most / size)
        {
            return false;
        }

        value = number * size;
        return true;
    }

    private static FormatException Misunderstood(string text, string word, string grammar) =>
        new($"'{text}' is no live port: '{word}' makes no sense; expected {grammar}.");
}
