// SAFETY: The program owns three descriptors (map, program, link), closed once, in Dispose. Each bpf(2) call passes one
// bpf_attr on the stack, zeroed but for the fields set here, and pointers to memory that is pinned or on the stack for
// the length of the call: instructions, licence, log, key and value. The kernel writes only the log, inside its length.
using System.Text;
using VxlanEngine.Ports.Linux;

namespace VxlanEngine.Ports.Xdp;

/// <summary>An XDP program on an interface that gives the frames of queues to their AF_XDP sockets.</summary>
/// <remarks>
/// It hangs on a link (<c>BPF_LINK_CREATE</c>): when the descriptor is closed, also because the process died, the
/// program leaves the interface. Thread: one.
/// </remarks>
internal sealed unsafe class XdpProgram : IDisposable
{
    private const string Capability = "CAP_BPF and CAP_NET_ADMIN";
    private const int LogLength = 64 * 1024;

    // struct xdp_md, enum bpf_func_id and enum xdp_action of linux/bpf.h.
    private const short RxQueueIndex = 16;
    private const int RedirectMap = 51;
    private const int Pass = 2;

    private readonly DescriptorHandle _map;
    private readonly DescriptorHandle _program;
    private readonly DescriptorHandle _link;

    private XdpProgram(DescriptorHandle map, DescriptorHandle program, DescriptorHandle link, XdpMode mode)
    {
        (_map, _program, _link, Mode) = (map, program, link, mode);
    }

    /// <summary>Where it runs.</summary>
    public XdpMode Mode { get; }

    /// <summary>Puts a program on an interface; it passes every frame on until <see cref="Redirect"/>.</summary>
    /// <param name="name">Name of the port, for messages.</param>
    /// <param name="device">Name of the interface, for messages.</param>
    /// <param name="index">Index of the interface.</param>
    /// <param name="queues">Number of queues that may be redirected.</param>
    /// <param name="modes">Where to try to run it, in order.</param>
    /// <exception cref="PortOpenException">No permission, or another program is there.</exception>
    public static XdpProgram Attach(
        string name, string device, int index, int queues, ReadOnlySpan<XdpMode> modes)
    {
        DescriptorHandle map = MakeMap(name, queues);
        DescriptorHandle? program = null;
        try
        {
            program = Load(Instructions(map.Number), [], NativeXdp.BpfFXdpHasFrags);
            if (program.IsInvalid)
            {
                // Kernels before 5.18 know nothing of frames in several buffers.
                program = Load(name, Instructions(map.Number));
            }

            int error = 0;
            foreach (XdpMode mode in modes)
            {
                DescriptorHandle link = Link(program, index, mode);
                if (!link.IsInvalid)
                {
                    return new XdpProgram(map, program, link, mode);
                }

                error = LinuxError.Last;
                if (error is LinuxError.Busy or LinuxError.AlreadyExists)
                {
                    throw new PortOpenException(
                        $"{name}: another XDP program is on the interface ('ip link show {device}'); it takes one.");
                }
            }

            throw error == LinuxError.NotPermitted || modes[^1] == XdpMode.Skb
                ? LinuxError.Exception(name, "attach the program", error, Capability)
                : new PortOpenException(
                    $"{name}: the driver refuses the XDP program: {LinuxError.Text(error)}. A smaller MTU may help, of "
                    + "a veth's peer too; 'mode=skb' needs no driver's consent.");
        }
        catch
        {
            program?.Dispose();
            map.Dispose();
            throw;
        }
    }

    /// <summary>Has the kernel check a program.</summary>
    /// <param name="name">Name of the port, for messages.</param>
    /// <param name="instructions">The program.</param>
    /// <exception cref="PortOpenException">No permission, or the kernel finds fault, which is told.</exception>
    internal static DescriptorHandle Load(string name, ReadOnlySpan<BpfInstruction> instructions)
    {
        DescriptorHandle program = Load(instructions, []);
        if (!program.IsInvalid)
        {
            return program;
        }

        int error = LinuxError.Last;
        string log = Explain(instructions);
        throw log.Length == 0
            ? LinuxError.Exception(name, "load an XDP program", error, Capability)
            : new PortOpenException(
                $"{name}: the kernel refuses the XDP program: {LinuxError.Text(error)}. Its verifier says: {log}");
    }

    /// <summary>Hangs a program on an interface, until the descriptor is closed.</summary>
    /// <returns>The link; an invalid handle for an error, which is <see cref="LinuxError.Last"/>.</returns>
    internal static DescriptorHandle Link(DescriptorHandle program, int index, XdpMode mode)
    {
        var attributes = new NativeXdp.bpf_attr
        {
            link_prog_fd = (uint)program.Number,
            link_target_ifindex = (uint)index,
            link_attach_type = NativeXdp.BpfXdp,
            link_flags = mode == XdpMode.Native ? NativeXdp.XdpFlagsDrvMode : NativeXdp.XdpFlagsSkbMode,
        };
        return NativeXdp.bpf_open(NativeXdp.BpfLinkCreate, &attributes);
    }

    /// <summary>Gives the frames of a queue to a socket from now on, until the socket is closed.</summary>
    /// <exception cref="PortOpenException">The kernel refuses.</exception>
    public void Redirect(string name, int queue, DescriptorHandle socket)
    {
        int key = queue;
        int value = socket.Number;
        var attributes = new NativeXdp.bpf_attr
        {
            map_fd = (uint)_map.Number,
            key = (ulong)&key,
            value = (ulong)&value,
        };
        if (NativeXdp.bpf(NativeXdp.BpfMapUpdateElem, &attributes) < 0)
        {
            throw LinuxError.Exception(name, "give the queue to the socket", LinuxError.Last, Capability);
        }
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _link.Dispose();
        _program.Dispose();
        _map.Dispose();
    }

    /// <summary>Redirects a frame to the socket of its queue, and passes it on where there is none.</summary>
    private static BpfInstruction[] Instructions(int map) =>
    [
        BpfInstruction.LoadWord(2, 1, RxQueueIndex), // r2 = context->rx_queue_index
        BpfInstruction.LoadMap(1, map),              // r1 = map
        BpfInstruction.LoadMapEnd,
        BpfInstruction.Move(3, Pass),                // r3 = what is returned when the map has no socket there
        BpfInstruction.Call(RedirectMap),            // r0 = bpf_redirect_map(r1, r2, r3)
        BpfInstruction.Exit,                         // return r0
    ];

    private static DescriptorHandle MakeMap(string name, int queues)
    {
        var attributes = new NativeXdp.bpf_attr
        {
            map_type = NativeXdp.BpfMapTypeXskmap,
            key_size = sizeof(int),
            value_size = sizeof(int),
            max_entries = (uint)queues,
        };
        DescriptorHandle map = NativeXdp.bpf_open(NativeXdp.BpfMapCreate, &attributes);
        return map.IsInvalid
            ? throw LinuxError.Exception(name, "make a map of sockets", LinuxError.Last, Capability)
            : map;
    }

    /// <summary>What the verifier says of a program that it refuses; empty when it was not even asked.</summary>
    private static string Explain(ReadOnlySpan<BpfInstruction> instructions)
    {
        byte[] log = new byte[LogLength];
        using DescriptorHandle program = Load(instructions, log);
        return Encoding.UTF8.GetString(log).TrimEnd('\0', '\n');
    }

    private static DescriptorHandle Load(ReadOnlySpan<BpfInstruction> instructions, Span<byte> log, uint flags = 0)
    {
        var attributes = new NativeXdp.bpf_attr
        {
            prog_type = NativeXdp.BpfProgTypeXdp,
            insn_cnt = (uint)instructions.Length,
            log_level = log.IsEmpty ? 0u : 1,
            log_size = (uint)log.Length,
            prog_flags = flags,
        };
        "vxe_to_socket"u8.CopyTo(new Span<byte>(attributes.prog_name, 15));
        fixed (BpfInstruction* first = instructions)
        fixed (byte* license = "MIT\0"u8)
        fixed (byte* text = log)
        {
            attributes.insns = (ulong)first;
            attributes.license = (ulong)license;
            attributes.log_buf = (ulong)text;
            return NativeXdp.bpf_open(NativeXdp.BpfProgLoad, &attributes);
        }
    }
}
