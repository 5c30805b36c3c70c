using RecordingPlatform.Benchmarks.Measuring;
using RecordingPlatform.Core.Sealing;

namespace RecordingPlatform.Benchmarks.Contenders;

/// <summary>Seals one file into another, or opens it, and prints the process's highest resident memory in bytes.</summary>
internal static class SealFile
{
    // The speed does not depend on whose object it is or on its key.
    static readonly SealedObjectIdentity Identity = new(new Guid(1, 0, 0, new byte[8]), new Guid(2, 0, 0, new byte[8]), new Guid(3, 0, 0, new byte[8]));
    static readonly byte[] Key = new byte[32];

    public static async Task SealAsync(string[] files)
    {
        await using var source = new FileStream(files[0], new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan });
        await using var destination = new FileStream(files[1], new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0 });
        await using var writer = SealedObjectWriter.Create(destination, Identity, Key);
        await writer.CopyFromAsync(source, default);
        await writer.CompleteAsync(default);
        PrintPeak();
    }

    public static async Task OpenAsync(string[] files)
    {
        await using var source = new FileStream(files[0], new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan });
        await using var destination = new FileStream(files[1], new FileStreamOptions { Mode = FileMode.Create, Access = FileAccess.Write, BufferSize = 0 });
        var length = PlaintextLength(source.Length);
        using var reader = await SealedObjectReader.OpenAsync(ReadAsync, Identity, Key, length, default);
        await reader.CopyRangeAsync(0, length, destination, default);
        PrintPeak();

        Task<Stream> ReadAsync(long offset, long wanted, CancellationToken ct)
        {
            var range = new FileStream(files[0], new FileStreamOptions { BufferSize = 0, Options = FileOptions.SequentialScan }) { Position = offset };
            return Task.FromResult<Stream>(range);
        }
    }

    // Of a sealed length: the header and 32 bytes for each segment taken away.
    static long PlaintextLength(long sealedLength)
    {
        var segments = (sealedLength - SealedLayout.HeaderLength + SealedLayout.SegmentLength - 1) / SealedLayout.SegmentLength;
        return sealedLength - SealedLayout.HeaderLength - segments * FloeParameters.SegmentOverhead;
    }

    static void PrintPeak() => Console.WriteLine(Machine.Resident(Environment.ProcessId).Peak);
}
