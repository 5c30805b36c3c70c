using RecordingPlatform.Core.Media;
using RecordingPlatform.Worker.Media;

namespace RecordingPlatform.Tests.Media;

/// <summary>Where the renderer draws the line between a click and a damaged recording.</summary>
public sealed class DamagedMediaTests(Studio studio)
{
    [Theory]
    [InlineData("a.mp4", "-c:a aac -movflags +faststart")]
    [InlineData("a.flac", "-c:a flac")]
    [InlineData("a.aiff", "-c:a pcm_s16be")]
    [InlineData("a.au", "-c:a pcm_mulaw")]
    [InlineData("a.webm", "-c:a libopus")]
    public async Task A_container_that_declares_more_than_it_holds_is_damaged(string name, string options)
    {
        var whole = await studio.MakeSpeechAsync(name, options.Split(' '));
        using var workdir = studio.NewWorkDirectory();
        Assert.IsType<RenderResult.Rendered>(await studio.RenderAsync(whole, await studio.FactsAsync(whole), workdir));

        var cut = studio.Cut(whole, 0.6);
        var damage = await studio.ProbeAsync(cut) switch
        {
            ProbeResult.Readable readable => (await studio.RenderAsync(cut, readable.Facts, workdir) as RenderResult.Damaged)?.Damage,
            ProbeResult.Damaged damaged => damaged.Damage,
            _ => null,
        };

        Assert.Equal(MediaDamageKind.Truncated, damage?.Kind);
    }

    [Theory]
    [InlineData(0.002, false)]
    [InlineData(0.4, true)]
    public async Task A_few_bad_frames_are_a_click_and_many_are_damage(double share, bool damaged)
    {
        using var workdir = studio.NewWorkDirectory();
        var path = await studio.MakeAsync("a.flac", "-stream_loop", "5", "-i", Studio.Speech);
        var bytes = await File.ReadAllBytesAsync(path);
        var errors = new Random(5);
        for (var at = 10_000; at < bytes.Length; at += 2000)
        {
            if (errors.NextDouble() < share * 2)
                errors.NextBytes(bytes.AsSpan(at, Math.Min(400, bytes.Length - at)));
        }
        var broken = studio.Write("broken.flac", bytes);

        var result = await studio.RenderAsync(broken, await studio.FactsAsync(broken), workdir);

        Assert.Equal(damaged, result is RenderResult.Damaged);
    }

    [Fact]
    public async Task An_index_that_points_at_nothing_is_damaged()
    {
        var bytes = await File.ReadAllBytesAsync(await studio.MakeSpeechAsync("a.m4a", "-c:a", "aac", "-movflags", "+faststart"));
        bytes.AsSpan(bytes.AsSpan().IndexOf("mdat"u8) + 4).Fill(0xFF);
        var path = studio.Write("a.m4a", bytes);
        using var workdir = studio.NewWorkDirectory();

        var damage = await studio.ProbeAsync(path) is ProbeResult.Readable readable
            ? (await studio.RenderAsync(path, readable.Facts, workdir) as RenderResult.Damaged)?.Damage
            : null;

        Assert.Equal(MediaDamageKind.Undecodable, damage?.Kind);
    }
}
