using System.Runtime.InteropServices;

namespace VxlanEngine.Ports.Xdp;

/// <summary>
/// An instruction of the virtual machine that Linux runs programs in (<c>struct bpf_insn</c>), 8 bytes.
/// </summary>
/// <remarks>
/// Registers: 0 returns the result, 1 to 5 are arguments, and 1 holds the context when a program begins. See RFC 9669.
/// </remarks>
[StructLayout(LayoutKind.Sequential, Pack = 1)]
internal readonly struct BpfInstruction
{
    /// <summary>Length, in bytes.</summary>
    public const int Length = 8;

    private const byte LoadWordCode = 0x61;
    private const byte LoadImmediateCode = 0x18;
    private const byte MoveCode = 0xB7;
    private const byte CallCode = 0x85;
    private const byte ExitCode = 0x95;
    private const int SourceIsMap = 1;

    private readonly byte _code;
    private readonly byte _registers;
    private readonly short _offset;
    private readonly int _immediate;

    private BpfInstruction(byte code, int destination, int source, short offset, int immediate)
    {
        _code = code;
        _registers = (byte)(BitConverter.IsLittleEndian
            ? destination | (source << 4)
            : (destination << 4) | source);
        _offset = offset;
        _immediate = immediate;
    }

    /// <summary>The end: register 0 is returned.</summary>
    public static BpfInstruction Exit => new(ExitCode, 0, 0, 0, 0);

    /// <summary>The second half of <see cref="LoadMap"/>, which must follow it: the upper 32 bits.</summary>
    public static BpfInstruction LoadMapEnd => default;

    /// <summary>Any instruction, by its numbers.</summary>
    public static BpfInstruction Of(byte code, int destination, int source = 0, short offset = 0, int immediate = 0) =>
        new(code, destination, source, offset, immediate);

    /// <summary>destination = *(u32 *)(source + offset).</summary>
    public static BpfInstruction LoadWord(int destination, int source, short offset) =>
        new(LoadWordCode, destination, source, offset, 0);

    /// <summary>destination = the map that a descriptor of this process stands for.</summary>
    public static BpfInstruction LoadMap(int destination, int descriptor) =>
        new(LoadImmediateCode, destination, SourceIsMap, 0, descriptor);

    /// <summary>destination = value.</summary>
    public static BpfInstruction Move(int destination, int value) => new(MoveCode, destination, 0, 0, value);

    /// <summary>r0 = function(r1, r2, r3, r4, r5).</summary>
    public static BpfInstruction Call(int function) => new(CallCode, 0, 0, 0, function);
}
