using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using VxlanEngine.Ports.Xdp;
using Xunit;

namespace VxlanEngine.Tests.Ports.Xdp;

/// <summary>Instructions are the bytes that a compiler makes of them, and structures as long as Linux's.</summary>
public sealed class BpfInstructionTests
{
    [SkippableFact]
    public void Instructions_have_the_bytes_that_a_compiler_writes()
    {
        Skip.IfNot(BitConverter.IsLittleEndian, "Bytes of a little-endian machine.");
        BpfInstruction[] program =
        [
            BpfInstruction.LoadWord(2, 1, 16),
            BpfInstruction.LoadMap(1, 5),
            BpfInstruction.LoadMapEnd,
            BpfInstruction.Move(3, 2),
            BpfInstruction.Call(51),
            BpfInstruction.Exit,
        ];
        string[] expected =
        [
            "6112100000000000", "1811000005000000", "0000000000000000", "B703000002000000", "8500000033000000",
            "9500000000000000",
        ];
        Assert.Equal(string.Concat(expected), Convert.ToHexString(MemoryMarshal.AsBytes<BpfInstruction>(program)));
    }

    [Fact]
    public void Structures_are_as_long_as_those_of_the_kernel()
    {
        Assert.Equal(BpfInstruction.Length, Unsafe.SizeOf<BpfInstruction>());
        Assert.Equal(144, Unsafe.SizeOf<NativeXdp.bpf_attr>());
        Assert.Equal(16, Unsafe.SizeOf<NativeXdp.sockaddr_xdp>());
        Assert.Equal(32, Unsafe.SizeOf<NativeXdp.xdp_umem_reg>());
        Assert.Equal(128, Unsafe.SizeOf<NativeXdp.xdp_mmap_offsets>());
        Assert.Equal(48, Unsafe.SizeOf<NativeXdp.xdp_statistics>());
        Assert.Equal(16, Unsafe.SizeOf<NativeXdp.xdp_desc>());
    }
}
