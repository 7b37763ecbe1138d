// SAFETY: Each bpf(2) call passes one zeroed bpf_attr on the stack, in which the fields of BPF_PROG_TEST_RUN are set at
// their offsets, and a frame that is pinned for the length of the call. The kernel writes nothing but that structure.
using System.Diagnostics;
using VxlanEngine.Ports.Linux;
using VxlanEngine.Ports.Xdp;
using VxlanEngine.Tests.Live;

namespace VxlanEngine.Benchmarks.Io;

/// <summary>
/// Small UDP frames that a tenant sends, as many as its interface takes: the kernel itself makes them, in batches, and
/// puts them on the wire below the stack, so that the load costs far less than whoever switches it.
/// </summary>
/// <remarks>
/// An XDP program that redirects to the interface is run with copies of a frame (BPF_F_TEST_XDP_LIVE_FRAMES), and
/// gives each the source port of one of 64 flows, at random. All sides get the same load, more than any of them
/// carries: one that drops what is too much cheaply would be punished by more of it else, because the load's processor
/// shares caches with the switch's.
/// </remarks>
internal sealed unsafe class XdpLoad : IPacketLoad
{
    private const int TestRun = 10;
    private const uint LiveFrames = 1 << 1;
    private const int RandomNumber = 7;
    private const int Redirect = 23;
    private const int TrainLength = 512;
    private const long FramesPerSecond = 4_000_000;
    private const int Loopback = 1;

    private readonly Thread _thread;
    private volatile bool _isStopping;
    private Exception? _failure;
    private long _sent;

    /// <summary>Begins to send.</summary>
    public XdpLoad(IoRig rig)
    {
        _thread = new Thread(() =>
        {
            try
            {
                NetworkNamespace.Run(rig.Tenant, Send);
            }
            catch (InvalidOperationException e)
            {
                _failure = e;
            }
        });
        _thread.Start();
    }

    /// <inheritdoc/>
    public long Sent => Volatile.Read(ref _sent);

    /// <inheritdoc/>
    public void Stop()
    {
        _isStopping = true;
        _thread.Join();
        if (_failure is not null)
        {
            throw new Comparison.ComparisonException($"The tenant's load: {_failure.Message}", _failure);
        }
    }

    private bool Send()
    {
        using DescriptorHandle control = Native.socket(Native.AfInet, Native.SockDgram | Native.SockCloexec, 0);
        int index = NetworkDevice.IndexOf(control, IoRig.Device);
        using DescriptorHandle program = XdpProgram.Load("load", Program(index));

        // A program that hangs nowhere is made known to the kernel's XDP dispatcher, and forgotten, with each run: the
        // kernel rewrites its own code then, and interrupts every processor, the switch's too.
        using DescriptorHandle known = XdpProgram.Link(program, Loopback, XdpMode.Skb);
        if (known.IsInvalid)
        {
            throw LinuxError.Exception("load", "attach an XDP program", LinuxError.Last, "CAP_NET_ADMIN and CAP_BPF");
        }

        byte[] frame = FrameLoad.Frames()[0];
        var clock = Stopwatch.StartNew();
        while (!_isStopping)
        {
            while (_sent * Stopwatch.Frequency > clock.ElapsedTicks * FramesPerSecond)
            {
                Thread.SpinWait(20);
            }

            SendTrain(program, frame);
            Volatile.Write(ref _sent, _sent + TrainLength);
        }

        return true;
    }

    // Codes of RFC 9669. The frame has no UDP checksum.
    private static BpfInstruction[] Program(int index) =>
    [
        BpfInstruction.Of(0xBF, 6, 1), // r6 = context
        BpfInstruction.Call(RandomNumber),
        BpfInstruction.Of(0x57, 0, immediate: FrameLoad.Flows - 1), // r0 &= …
        BpfInstruction.Of(0x07, 0, immediate: FrameLoad.FirstPort), // r0 += …
        BpfInstruction.Of(0xDC, 0, immediate: 16), // r0 in network byte order
        BpfInstruction.LoadWord(2, 6, 0), // r2 = data
        BpfInstruction.LoadWord(3, 6, 4), // r3 = data_end
        BpfInstruction.Of(0xBF, 4, 2),
        BpfInstruction.Of(0x07, 4, immediate: FrameLoad.PortOffset + 2),
        BpfInstruction.Of(0x2D, 4, 3, offset: 1), // the verifier wants to see that it is inside
        BpfInstruction.Of(0x6B, 2, 0, FrameLoad.PortOffset), // *(u16 *)(r2 + …) = r0
        BpfInstruction.Move(1, index),
        BpfInstruction.Move(2, 0),
        BpfInstruction.Call(Redirect), // r0 = bpf_redirect(interface, 0)
        BpfInstruction.Exit,
    ];

    private static void SendTrain(DescriptorHandle program, byte[] bytes)
    {
        NativeXdp.bpf_attr attributes = default;
        byte* at = (byte*)&attributes;
        fixed (byte* frame = bytes)
        {
            *(int*)at = program.Number;
            *(int*)(at + 8) = bytes.Length;
            *(ulong*)(at + 16) = (ulong)frame;
            *(int*)(at + 32) = TrainLength;
            *(uint*)(at + 64) = LiveFrames;
            if (NativeXdp.bpf(TestRun, &attributes) < 0)
            {
                throw LinuxError.Exception("load", "run an XDP program", LinuxError.Last, "CAP_NET_ADMIN and CAP_BPF");
            }
        }
    }
}
