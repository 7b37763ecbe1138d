using System.Runtime.CompilerServices;
using VxlanEngine.Tests.Frames;
using VxlanEngine.Wire;
using Xunit;

namespace VxlanEngine.Tests.Wire;

/// <summary>What holds for every header: it reads and writes known bytes, all of them, and refuses fewer.</summary>
internal static class HeaderAssert
{
    private const byte Stale = 0xA5;

    /// <summary>Reads a header from <paramref name="digits"/>, and checks that no shorter prefix holds one.</summary>
    public static T Read<T>(string digits)
        where T : unmanaged
    {
        byte[] bytes = Hex.Bytes(digits);
        Assert.Equal(Unsafe.SizeOf<T>(), bytes.Length);
        for (int length = 0; length < bytes.Length; length++)
        {
            var prefix = new PacketReader(bytes.AsSpan(0, length));
            Assert.False(prefix.TryRead(out T _));
            Assert.Equal(0, prefix.Offset);
        }

        var reader = new PacketReader(bytes);
        Assert.True(reader.TryRead(out T header));
        Assert.Equal(bytes.Length, reader.Offset);
        return header;
    }

    /// <summary>Checks that a header is written over stale memory as <paramref name="digits"/> say.</summary>
    public static void Writes<T>(T header, string digits)
        where T : unmanaged
    {
        int length = Unsafe.SizeOf<T>();
        byte[] memory = [.. Enumerable.Repeat(Stale, length + 2)];
        var tooShort = new PacketWriter(memory.AsSpan(0, length));
        Assert.True(tooShort.TryWrite([Stale]));
        Assert.False(tooShort.TryWrite(in header));
        Assert.All(memory, b => Assert.Equal(Stale, b));

        var writer = new PacketWriter(memory, 1);
        Assert.True(writer.TryWrite(in header));
        Assert.Equal(1 + length, writer.Offset);
        Assert.Equal(Stale, memory[0]);
        Assert.Equal(Stale, memory[^1]);
        Assert.Equal(Hex.Text(Hex.Bytes(digits)), Hex.Text(memory.AsSpan(1, length)));
    }
}
