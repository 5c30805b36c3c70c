using System.Runtime.InteropServices;

namespace RecordingPlatform.Core.Storage.S3;

internal static class PartBytes
{
    /// <summary>The bytes where they are, as the SDK takes and rewinds them.</summary>
    public static MemoryStream AsStream(this ReadOnlyMemory<byte> bytes) => MemoryMarshal.TryGetArray(bytes, out var array)
        ? new MemoryStream(array.Array!, array.Offset, array.Count, writable: false)
        : new MemoryStream(bytes.ToArray(), writable: false);
}
