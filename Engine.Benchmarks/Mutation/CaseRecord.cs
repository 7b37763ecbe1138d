using System.IO.MemoryMappedFiles;

namespace VxlanEngine.Benchmarks.Mutation;

/// <summary>The case in hand, in a file that outlives the process: after a crash it names the frame.</summary>
internal sealed class CaseRecord : IDisposable
{
    private const int LabelOffset = 16;
    private const int LabelLength = 112;
    private const int FrameOffset = LabelOffset + LabelLength;

    private readonly MemoryMappedFile _file;
    private readonly MemoryMappedViewAccessor _view;

    private CaseRecord(string path, int capacity)
    {
        _file = MemoryMappedFile.CreateFromFile(path, FileMode.OpenOrCreate, null, FrameOffset + capacity);
        _view = _file.CreateViewAccessor();
    }

    /// <summary>Opens the file, or makes it.</summary>
    /// <param name="path">The file.</param>
    /// <param name="capacity">Bytes of the longest frame.</param>
    public static CaseRecord Open(string path, int capacity) => new(path, capacity);

    /// <summary>Writes the case down.</summary>
    /// <param name="number">The case's number.</param>
    /// <param name="label">Where the frame enters, in ASCII, at most 112 bytes.</param>
    /// <param name="frame">The frame, from its first byte.</param>
    /// <param name="length">Bytes of the frame.</param>
    public void Write(long number, byte[] label, byte[] frame, int length)
    {
        _view.Write(0, number);
        _view.Write(8, length);
        _view.Write(12, Math.Min(label.Length, LabelLength));
        _view.WriteArray(LabelOffset, label, 0, Math.Min(label.Length, LabelLength));
        _view.WriteArray(FrameOffset, frame, 0, length);
    }

    /// <summary>Reads what was written last.</summary>
    public (long Number, string Label, byte[] Frame) Read()
    {
        byte[] label = new byte[_view.ReadInt32(12)];
        byte[] frame = new byte[_view.ReadInt32(8)];
        _view.ReadArray(LabelOffset, label, 0, label.Length);
        _view.ReadArray(FrameOffset, frame, 0, frame.Length);
        return (_view.ReadInt64(0), System.Text.Encoding.ASCII.GetString(label), frame);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        _view.Dispose();
        _file.Dispose();
    }
}
