#pragma warning disable RS0030 // writes a file of a work directory

using RecordingPlatform.Core.Media;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Worker.Cameras;

/// <summary>Writes pictures as they come, from the first whole one until there are enough.</summary>
sealed class PictureFile(WorkDirectory workdir, byte? streamType, int clockRate, TimeSpan enough, TimeProvider clock) : IAsyncDisposable
{
    /// <summary>A clip that broke off is kept when it lasts this long.</summary>
    static readonly TimeSpan s_worthKeeping = TimeSpan.FromSeconds(1);

    static readonly TimeSpan s_longestStep = TimeSpan.FromSeconds(5);

    readonly string _path = workdir.File(streamType is null ? "pictures.mjpeg" : "camera.ts");
    FileStream? _file;
    TransportStream? _transport;
    long _begunAt;
    uint _lastTimestamp;
    long _time;
    int _pictures;
    TimeSpan _arrived;

    public bool IsEnough => _pictures > 1 && (_arrived >= enough || Lasts >= enough);

    public bool IsWorthKeeping => _pictures > 1 && (_arrived >= s_worthKeeping || Lasts >= s_worthKeeping);

    public bool IsEmpty => _pictures == 0;

    TimeSpan Lasts => TimeSpan.FromSeconds(_time / (double)clockRate);

    public async Task AddAsync(Picture picture, CancellationToken ct)
    {
        if (_file is null)
        {
            if (!picture.IsWhole)
                return;
            _file = new FileStream(_path, FileMode.CreateNew, FileAccess.Write, FileShare.Read, bufferSize: 0);
            _transport = streamType is { } type ? new TransportStream(_file, type) : null;
            _begunAt = clock.GetTimestamp();
            _lastTimestamp = picture.Timestamp;
        }
        var arrived = clock.GetElapsedTime(_begunAt);
        // Signed, so that a picture that is shown before the one decoded before it goes back, and the clock may wrap.
        var step = (int)(picture.Timestamp - _lastTimestamp);
        // A camera that sets its clock, or begins its stream anew: then the time is when the picture came.
        _time += Math.Abs((double)step) <= clockRate * s_longestStep.TotalSeconds ? step : (long)((arrived - _arrived).TotalSeconds * clockRate);
        (_lastTimestamp, _arrived) = (picture.Timestamp, arrived);
        _pictures++;
        if (_transport is null)
            await _file.WriteAsync(picture.Data, ct);
        else
            await _transport.WriteAsync(picture.Data, Math.Max(0, (long)(_time * (double)TransportStream.ClockRate / clockRate)) + TransportStream.ClockRate, picture.IsWhole, ct);
    }

    public async Task<Footage> CompleteAsync()
    {
        await DisposeAsync();
        var seconds = Lasts > TimeSpan.Zero ? Lasts.TotalSeconds : _arrived.TotalSeconds;
        return new Footage(_path, streamType is null ? null : MediaType.MpegTs, streamType is null ? Math.Clamp((_pictures - 1) / Math.Max(seconds, 0.001), 0.2, 60) : null);
    }

    public ValueTask DisposeAsync() => _file?.DisposeAsync() ?? ValueTask.CompletedTask;
}
