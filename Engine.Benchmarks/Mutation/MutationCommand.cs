using System.Diagnostics;
using VxlanEngine.Benchmarks.Comparison;
using VxlanEngine.Ports.Captures;

namespace VxlanEngine.Benchmarks.Mutation;

/// <summary><c>--mutate</c>: damaged frames through the whole pipeline, in buffers between pages that fault.</summary>
/// <remarks>
/// A process of its own does the work, since a touch outside of a buffer ends it. Its parent then saves the frame
/// that was in hand as a capture. Exit code: 0 when nothing failed, else 1; 2 for a wrong command line.
/// </remarks>
internal static class MutationCommand
{
    /// <summary>Bytes of the longest frame that is made.</summary>
    public const int FrameCapacity = 16 * 1024;

    /// <summary>Runs the command.</summary>
    /// <param name="args">
    /// <c>[--cases N] [--seed S] [--seconds T] [--save DIR] [FILE | DIR]…</c>
    /// </param>
    /// <returns>The exit code.</returns>
    public static int Run(IReadOnlyList<string> args)
    {
        if (!OptionReader.TryRead(args, MutationOptions.Parse, out MutationOptions? options))
        {
            return 2;
        }

        return options.IsWorker ? Work(options) : Watch(options, args);
    }

    private static int Work(MutationOptions options)
    {
        using CaseRecord record = CaseRecord.Open(options.RecordPath, FrameCapacity);
        using var run = new MutationRun(options, record);
        try
        {
            run.Run();
        }
        catch (Exception e)
        {
            // Whatever it is, the data path threw it.
            Console.WriteLine(e);
            Console.WriteLine(run.Summary(faults: 1));
            return 1;
        }

        Console.WriteLine(run.Summary(faults: 0));
        return 0;
    }

    private static int Watch(MutationOptions options, IReadOnlyList<string> args)
    {
        Directory.CreateDirectory(options.Folder);
        File.Delete(options.RecordPath);
        string program = typeof(MutationCommand).Assembly.Location;
        var start = new ProcessStartInfo(Environment.ProcessPath!, ["exec", program, "--mutate", "--worker", .. args]);
        if (Path.GetFileNameWithoutExtension(start.FileName) != "dotnet")
        {
            start = new ProcessStartInfo(start.FileName, ["--mutate", "--worker", .. args]);
        }

        using Process worker = Process.Start(start)!;
        worker.WaitForExit();
        if (worker.ExitCode != 0)
        {
            Console.WriteLine($"the worker ended with exit code {worker.ExitCode}");
            Save(options);
        }

        File.Delete(options.RecordPath);
        return worker.ExitCode == 0 ? 0 : 1;
    }

    private static void Save(MutationOptions options)
    {
        using CaseRecord record = CaseRecord.Open(options.RecordPath, FrameCapacity);
        (long number, string label, byte[] frame) = record.Read();
        string path = Path.Combine(options.Folder, $"{label}-seed-{options.Seed}-case-{number}.pcap");
        using CaptureWriter writer = CaptureWriter.Create(path, CaptureFormat.Pcap);
        writer.AddInterface("mutation", LinkType.Ethernet);
        writer.Write(0, 0, frame, frame.Length);
        Console.WriteLine($"saved {path}: {frame.Length} bytes");
    }
}
