using System.Net;
using System.Net.Http.Headers;

namespace RecordingPlatform.Tests.Faults;

/// <summary>A multipart upload that stops after some of its bytes until it is told to go on.</summary>
internal sealed class HaltingUpload : IDisposable
{
    readonly TaskCompletionSource _halted = new(TaskCreationOptions.RunContinuationsAsynchronously);
    readonly TaskCompletionSource _goOn = new(TaskCreationOptions.RunContinuationsAsynchronously);

    public HaltingUpload(byte[] media, int bytes)
    {
        var file = new Halting(media, bytes, _halted, _goOn.Task);
        file.Headers.ContentType = new MediaTypeHeaderValue("audio/wav");
        Content = new MultipartFormDataContent { { file, "file", "call.wav" } };
    }

    public MultipartFormDataContent Content { get; }

    /// <summary>Ends when the bytes are on their way.</summary>
    public Task Halted => _halted.Task;

    public void GoOn() => _goOn.TrySetResult();

    public void Dispose() => Content.Dispose();

    sealed class Halting(byte[] media, int bytes, TaskCompletionSource halted, Task goOn) : HttpContent
    {
        protected override async Task SerializeToStreamAsync(Stream stream, TransportContext? context, CancellationToken cancellationToken)
        {
            await stream.WriteAsync(media.AsMemory(0, bytes), cancellationToken);
            await stream.FlushAsync(cancellationToken);
            halted.TrySetResult();
            await goOn.WaitAsync(cancellationToken);
            await stream.WriteAsync(media.AsMemory(bytes), cancellationToken);
        }

        protected override Task SerializeToStreamAsync(Stream stream, TransportContext? context) => SerializeToStreamAsync(stream, context, CancellationToken.None);

        protected override bool TryComputeLength(out long length)
        {
            length = media.Length;
            return true;
        }
    }
}
