using System.Text.RegularExpressions;
using Xunit;

namespace VxlanEngine.Tests.Tidy;

/// <summary>Unsafe code and interop live in *.Unsafe.cs files, each of which says what keeps it safe.</summary>
public partial class UnsafeFenceTests
{
    private const string FenceEnd = ".Unsafe.cs";

    [Fact]
    public void Unsafe_code_is_inside_the_fence() =>
        Findings.AssertNone(SourceFile.In("Engine", "Engine.Cli").SelectMany(OutsideTheFence));

    [Fact]
    public void Each_file_inside_the_fence_opens_with_its_safety() =>
        Findings.AssertNone(SourceFile.In("Engine", "Engine.Cli").SelectMany(Safety));

    [Theory]
    [InlineData("unsafe struct S;", "'unsafe'")]
    [InlineData("fixed (byte* p = s) { }", "'fixed'")]
    [InlineData("byte* p = stackalloc byte[4];", "'byte* p = stackalloc'")]
    [InlineData("Unsafe.Add(ref r, 1);", "'Unsafe'")]
    [InlineData("using static System.Runtime.CompilerServices.Unsafe;", "'Unsafe'")]
    [InlineData("NativeMemory.Alloc(1);", "'NativeMemory'")]
    [InlineData("Marshal.SizeOf<int>();", "'Marshal'")]
    [InlineData("[LibraryImport(\"libc\")]", "'LibraryImport'")]
    [InlineData("[DllImport(\"libc\")]", "'DllImport'")]
    [InlineData("GC.AllocateUninitializedArray<byte>(1);", "'AllocateUninitializedArray'")]
    public void Unsafe_code_outside_the_fence_is_found(string code, string finding) =>
        Findings.AssertFound(OutsideTheFence, "Engine/Ports/X.cs", code, finding);

    [Theory]
    [InlineData("Engine/Ports/X.cs", "// unsafe code is in X.Unsafe.cs\nstring s = \"fixed (\";")]
    [InlineData("Engine/Ports/X.cs", "Span<byte> s = stackalloc byte[4]; MemoryMarshal.AsRef<int>(s);")]
    [InlineData("Engine/Ports/X.Unsafe.cs", "// SAFETY: the ring owns its mapping.\nunsafe struct S;")]
    public void Safe_code_and_fenced_code_have_no_finding(string path, string text)
    {
        var file = new SourceFile(path, text);
        Findings.AssertNone(OutsideTheFence(file).Concat(Safety(file)));
    }

    [Theory]
    [InlineData("Engine/Ports/X.Unsafe.cs", "namespace VxlanEngine.Ports;", "open the file with '// SAFETY:'")]
    [InlineData("Engine/Ports/X.Unsafe.cs", "// SAFETY:\nnamespace N;", "open the file with '// SAFETY:'")]
    [InlineData("Engine/Wire/X.Unsafe.cs", "// SAFETY: it is.", "Wire holds no unsafe code")]
    [InlineData("Engine/Policy/X.Unsafe.cs", "// SAFETY: it is.", "Policy holds no unsafe code")]
    public void A_fenced_file_without_its_safety_is_found(string path, string text, string finding) =>
        Findings.AssertFound(Safety, path, text, finding);

    private static IEnumerable<string> OutsideTheFence(SourceFile file) =>
        file.Path.EndsWith(FenceEnd, StringComparison.Ordinal)
            ? []
            : UnsafeWord().Matches(file.Code).Select(m => file.At(
                m.Index,
                $"'{m.Value}' outside the fence; move it to a *{FenceEnd} file, or use spans and MemoryMarshal"));

    private static IEnumerable<string> Safety(SourceFile file)
    {
        if (!file.Path.EndsWith(FenceEnd, StringComparison.Ordinal))
        {
            yield break;
        }

        string top = file.Folder.Split('/')[0];
        if (file.Path.StartsWith("Engine/", StringComparison.Ordinal) && top is "Wire" or "Policy")
        {
            yield return file.At(0, $"{top} holds no unsafe code; read and write through spans instead");
        }

        if (!SafetyParagraph().IsMatch(file.Text))
        {
            yield return file.At(
                0, "open the file with '// SAFETY:' and what is owned, who frees it, which bounds hold");
        }
    }

    [GeneratedRegex(
        @"\b(?:unsafe|fixed|Unsafe|NativeMemory|Marshal|LibraryImport|LibraryImportAttribute)\b"
        + @"|\b(?:DllImport|DllImportAttribute|AllocateUninitializedArray)\b"
        + @"|\w+\s*\*\s*\w+\s*=\s*stackalloc\b")]
    private static partial Regex UnsafeWord();

    [GeneratedRegex(@"\A\uFEFF?// SAFETY: *\S")]
    private static partial Regex SafetyParagraph();
}
