using RecordingPlatform.Core.Media;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.Media;

public sealed class RiffLengthTests(Studio studio)
{
    [Fact]
    public async Task A_whole_file_misses_nothing() =>
        Assert.Equal(new RiffLength(352_000, 352_000), await ReadAsync(Studio.Speech));

    [Fact]
    public async Task A_cut_file_misses_what_was_cut()
    {
        var length = await ReadAsync(studio.Cut(Studio.Speech, 0.5));

        Assert.Equal(352_000, length!.Declared);
        Assert.InRange(length.Missing, 175_000, 177_000);
    }

    [Fact]
    public async Task Sixty_four_bit_sizes_are_read()
    {
        var path = await studio.MakeSpeechAsync("a.wav", "-rf64", "always");

        Assert.Equal(0, (await ReadAsync(path))!.Missing);
        Assert.InRange((await ReadAsync(studio.Cut(path, 0.5)))!.Missing, 175_000, 177_000);
    }

    [Theory]
    [InlineData("ffmpeg -nostdin -v error -i $IN -f wav pipe:1 | cat")]
    [InlineData("cat $IN | sox -t raw -r 16000 -e signed -b 16 -c 1 - -t wav - pad 0 0.01 2>/dev/null | cat")]
    public async Task A_writer_that_could_not_seek_back_declares_nothing(string command)
    {
        var path = studio.PathOf("streamed.wav");
        await Run.ToEndAsync("sh", "-c", command.Replace("$IN", "\"$1\"", StringComparison.Ordinal) + " > \"$2\"", "sh", Studio.Speech, path);

        var length = await ReadAsync(path);

        Assert.Equal(0, length!.Missing);
        Assert.True(length.Declared is null, $"{length}");
        Assert.InRange((await studio.FactsAsync(path)).Duration!.Value.TotalSeconds, 10.9, 11.1);
    }

    [Theory]
    [InlineData(0u)]
    [InlineData(uint.MaxValue)]
    [InlineData(0x7FFFFFFFu)]
    [InlineData(0x7FFFFFFFu - 36)]
    public async Task A_placeholder_of_any_kind_is_decodable_and_whole(uint placeholder)
    {
        var bytes = await File.ReadAllBytesAsync(Studio.Speech);
        BitConverter.TryWriteBytes(bytes.AsSpan(4), placeholder);
        BitConverter.TryWriteBytes(bytes.AsSpan(bytes.AsSpan().IndexOf("data"u8) + 4), placeholder);
        var path = studio.Write("placeholder.wav", bytes);

        Assert.Equal(new RiffLength(null, 352_000), await ReadAsync(path));
        using var workdir = studio.NewWorkDirectory();
        var rendition = await studio.RenderAsync(path, workdir);
        Assert.Equal(11, rendition.Duration.TotalSeconds, 1);
    }

    [Fact]
    public async Task A_header_without_a_data_chunk_has_no_length() =>
        Assert.Null(await ReadAsync(studio.Write("a.wav", "RIFF\u0024\0\0\0WAVEfmt "u8)));

    static async Task<RiffLength?> ReadAsync(string path)
    {
        await using var file = File.OpenRead(path);
        return await RiffLength.ReadAsync(file, default);
    }
}
