using System.Buffers.Binary;
using System.Security.Cryptography;
using RecordingPlatform.Tests.Fixtures;

namespace RecordingPlatform.Tests.FreePbx;

public sealed class TwoLegTests(PbxPlatform platform) : IClassFixture<PbxPlatform>
{
    [Fact]
    public async Task Two_legs_become_one_stereo_recording_and_are_kept_beside_it()
    {
        await using var pbx = await platform.MountAsync();
        var call = Pbx.NewCall();
        var (heard, said) = (Sound.Wave(2, 440), Sound.Wave(3, 880));
        pbx.Write(pbx.NameOf(call, leg: "-in"), heard);
        await pbx.ReportAsync(call, "call_ended");
        await pbx.UntilAsync(async () => await pbx.ExpectedAsync(call, "last_problem like 'Only one of the recording%'") == "True", "the other leg is waited for");
        pbx.Write(pbx.NameOf(call, leg: "-out"), said);

        var id = await pbx.TakenAsync(call);
        await platform.Platform.WaitForAsync(platform.Admin, id, "ready");
        var joined = await pbx.DownloadAsync(id);
        var (channels, rate, samples) = Read(joined);
        Assert.Equal((2, Sound.Rate), (channels, rate));
        // The longer one's length; left is what was heard, silent after its end.
        Assert.Equal(3 * Sound.Rate * 2, samples.Length);
        Assert.Equal(Samples(heard), Channel(samples, 0)[..(2 * Sound.Rate)]);
        Assert.All(Channel(samples, 0)[(2 * Sound.Rate)..], sample => Assert.Equal(0, sample));
        Assert.Equal(Samples(said), Channel(samples, 1));
        Assert.Equal(
            [$"original  {Hash(joined)}", $"part in {Hash(heard)}", $"part out {Hash(said)}"],
            await pbx.AskAsync($"select concat_ws(' ', role, variant, encode(sha256, 'hex')) from objects where recording_id = '{id}' and role in ('original', 'part') and state = 'published' order by 1"));
        Assert.Equal([$"taken {id}", $"taken {id}"], await pbx.AskAsync("select concat(state, ' ', recording_id) from spool_files where source_id = '{source}'"));
        Assert.EndsWith(".wav", (await pbx.AskAsync($"select file_name from objects where recording_id = '{id}' and role = 'original'"))[0], StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_leg_whose_other_never_comes_is_taken_alone()
    {
        await using var pbx = await platform.MountAsync();
        var call = Pbx.NewCall();
        var said = Sound.Wave(2);
        pbx.Write(pbx.NameOf(call, leg: "-out"), said);
        await pbx.ReportAsync(call, "call_ended");
        await pbx.UntilAsync(async () => await pbx.ExpectedAsync(call, "last_problem like 'Only one of the recording%'") == "True", "the other leg is waited for");
        Assert.Empty(await pbx.RecordingsAsync(call.UniqueId));
        await pbx.AskAsync("update expectations set look_until = app_now() where source_id = '{source}' returning id");
        Assert.Equal(said, await pbx.DownloadAsync(await pbx.TakenAsync(call)));
        Assert.Equal("received", await pbx.ExpectedAsync(call, "state"));
    }

    [Fact]
    public async Task Legs_that_cannot_be_joined_are_both_kept_and_the_recording_is_damaged()
    {
        await using var pbx = await platform.MountAsync();
        var call = Pbx.NewCall();
        pbx.Write(pbx.NameOf(call, leg: "-in"), [.. Enumerable.Repeat("no sound at all\n"u8.ToArray(), 20).SelectMany(line => line)]);
        var said = Sound.Wave(2);
        pbx.Write(pbx.NameOf(call, leg: "-out"), said);
        await pbx.ReportAsync(call, "call_ended");
        var id = await pbx.TakenAsync(call);
        Assert.Equal(["damaged"], await pbx.AskAsync($"select state from recordings where id = '{id}'"));
        Assert.Equal(said, await pbx.DownloadAsync(id));
        Assert.Equal(["in", "out"], await pbx.AskAsync($"select variant from objects where recording_id = '{id}' and role = 'part' and state = 'published' order by 1"));
    }

    static (int Channels, int Rate, short[] Samples) Read(byte[] wave)
    {
        var data = wave.AsSpan().IndexOf("data"u8) + 8;
        return (BinaryPrimitives.ReadInt16LittleEndian(wave.AsSpan(22)), BinaryPrimitives.ReadInt32LittleEndian(wave.AsSpan(24)), Shorts(wave.AsSpan(data)));
    }

    static short[] Samples(byte[] wave) => Shorts(wave.AsSpan(WaveHeader.Length));

    static short[] Channel(short[] samples, int channel) => [.. samples.Where((_, n) => n % 2 == channel)];

    static short[] Shorts(ReadOnlySpan<byte> bytes) => System.Runtime.InteropServices.MemoryMarshal.Cast<byte, short>(bytes).ToArray();

    static string Hash(byte[] bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));
}
