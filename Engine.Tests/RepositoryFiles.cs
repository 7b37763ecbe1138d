using System.Diagnostics;

namespace VxlanEngine.Tests;

/// <summary>Where the repository's files are, for tests that read sources, fixtures and goldens.</summary>
internal static class RepositoryFiles
{
    private static readonly string[] NotSource =
        ["bin", "obj", ".git", "artifacts", "TestResults", "BenchmarkDotNet.Artifacts"];

    private static readonly Lazy<IReadOnlyList<string>> TrackedFiles = new(FindTracked);

    /// <summary>The folder that holds Engine.sln.</summary>
    public static string Root { get; } = FindRoot();

    /// <summary>The folder of captures from other projects; null where there is none.</summary>
    /// <remarks>It is beside the repository, or where the variable VXE_SHARED_PCAPS says.</remarks>
    public static string? SharedPcaps { get; } = ExistingOrNull(
        Environment.GetEnvironmentVariable("VXE_SHARED_PCAPS") ?? Path.Combine(Root, "..", "shared", "pcaps"));

    /// <summary>True when a test is to rewrite its golden file instead of comparing with it: UPDATE_GOLDEN=1.</summary>
    public static bool UpdateGolden => Environment.GetEnvironmentVariable("UPDATE_GOLDEN") == "1";

    /// <summary>The full path of a file or folder named from the root with forward slashes.</summary>
    public static string PathOf(string relative) =>
        Path.Combine(Root, Path.Combine(relative.Split('/')));

    /// <summary>Every file git tracks, from the root with forward slashes; every file where git is absent.</summary>
    public static IReadOnlyList<string> Tracked => TrackedFiles.Value;

    /// <summary>The files under one folder with one extension, new ones too, without what a build leaves.</summary>
    /// <param name="folder">The folder, from the root with forward slashes; empty for the root.</param>
    /// <param name="extension">The extension with its dot; empty for all files.</param>
    /// <returns>Paths from the root with forward slashes, sorted.</returns>
    public static IEnumerable<string> Under(string folder, string extension)
    {
        string start = folder.Length == 0 ? Root : PathOf(folder);
        return Directory.Exists(start)
            ? Walk(new DirectoryInfo(start))
                .Where(f => extension.Length == 0 || f.Extension == extension)
                .Select(f => Path.GetRelativePath(Root, f.FullName).Replace('\\', '/'))
                .Order(StringComparer.Ordinal)
            : [];
    }

    private static IEnumerable<FileInfo> Walk(DirectoryInfo folder) =>
        folder.EnumerateFiles().Concat(folder.EnumerateDirectories()
            .Where(d => !NotSource.Contains(d.Name, StringComparer.Ordinal))
            .SelectMany(Walk));

    private static string FindRoot()
    {
        for (DirectoryInfo? d = new(AppContext.BaseDirectory); d is not null; d = d.Parent)
        {
            if (File.Exists(Path.Combine(d.FullName, "Engine.sln")))
            {
                return d.FullName;
            }
        }

        throw new DirectoryNotFoundException($"No folder above {AppContext.BaseDirectory} holds Engine.sln.");
    }

    private static string? ExistingOrNull(string folder) =>
        Directory.Exists(folder) ? Path.GetFullPath(folder) : null;

    private static IReadOnlyList<string> FindTracked()
    {
        string[] files = GitListFiles();
        return files.Length == 0
            ? [.. Under(string.Empty, string.Empty)]
            : [.. files.Where(f => File.Exists(PathOf(f))).Order(StringComparer.Ordinal)];
    }

    private static string[] GitListFiles()
    {
        var start = new ProcessStartInfo("git", ["ls-files", "-z"])
        {
            WorkingDirectory = Root,
            UseShellExecute = false,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        try
        {
            using Process git = Process.Start(start)!;
            git.ErrorDataReceived += static (_, _) => { };
            git.BeginErrorReadLine();
            string output = git.StandardOutput.ReadToEnd();
            git.WaitForExit();
            return git.ExitCode == 0 ? output.Split('\0', StringSplitOptions.RemoveEmptyEntries) : [];
        }
        catch (System.ComponentModel.Win32Exception)
        {
            return [];
        }
    }
}
