using VxlanEngine.Packets;

namespace VxlanEngine.Pipeline;

/// <summary>A frame on its way from one worker to another.</summary>
/// <param name="Frame">What its port knows of it; its buffer is a slot of the lane.</param>
/// <param name="Hash">Hash of its flow, or of its datagram while the flow is not known.</param>
/// <param name="IsFinal">True when it is handed to the worker that has the flow, whatever the hash says.</param>
internal readonly record struct HandedFrame(FrameDescriptor Frame, ulong Hash, bool IsFinal);
