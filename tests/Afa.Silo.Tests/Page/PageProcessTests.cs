using Afa.Grains;
using Xunit;

namespace Afa.Tests.Silo.Page;

/// <summary>The page of a real silo in a real browser.</summary>
public sealed class PageProcessTests
{
    [Fact]
    public async Task Page_WhileARunGoesOn_FollowsItToItsEndWithoutAReload()
    {
        await using var browser = await Browser.StartAsync();
        await using var silo = await SiloProcess.StartAsync(TestRun.NewStore());
        await using var client = await silo.ConnectAsync();
        await browser.GoToAsync(silo.Address);
        await browser.WaitAsync("document.querySelector('#first-steps')");
        await browser.EvaluateAsync<bool>("window.isFirstLoad = true");

        await TestRun.StartAsync(client.Control);
        await browser.WaitAsync("document.querySelector('#runs-run')?.innerText.includes('running')");
        Assert.False(await browser.EvaluateAsync<bool>("Boolean(document.querySelector('#first-steps'))"));
        Assert.True(await browser.EvaluateAsync<bool>("window.isFirstLoad === true"));

        await browser.GoToAsync($"{silo.Address}page/run?name=run");
        await browser.WaitAsync("document.querySelector('#curves-section polyline')");
        await browser.EvaluateAsync<bool>("window.isFirstLoad = document.querySelector('#options').open = true");
        await browser.EvaluateAsync<bool>("document.querySelector('nav a').focus() ?? true");
        await TestRun.WaitAsync(client.Control, status => status.State == RunState.Completed);
        await browser.WaitAsync("document.querySelector('.state.completed')");

        Assert.Equal(TestRun.Options.Epochs, await browser.EvaluateAsync<int>("document.querySelectorAll('#epochs tbody tr').length"));
        Assert.Equal(TestRun.Options.Epochs, await browser.EvaluateAsync<int>("document.querySelector('#curves-section .curve.k0').querySelectorAll('circle').length"));
        Assert.True(await browser.EvaluateAsync<bool>("window.isFirstLoad && document.querySelector('#options').open && document.activeElement === document.querySelector('nav a')"));
        Assert.Empty(browser.Errors);
    }

    [Fact]
    public async Task Page_SiloIsGone_SaysSinceWhenAndComesBack()
    {
        var store = TestRun.NewStore();
        await using var browser = await Browser.StartAsync();
        await using var silo = await SiloProcess.StartAsync(store, "--dashboard");
        using var dashboard = await silo.GetAsync("dashboard/");
        Assert.True(dashboard!.IsSuccessStatusCode);
        await browser.GoToAsync(silo.Address);
        await browser.WaitAsync("document.querySelector('nav a[href=\"/dashboard\"]')");

        await silo.Process.TerminateAsync();
        await browser.WaitAsync("/has not answered since .*; trying again/.test(document.querySelector('#connection').innerText)");
        Assert.Contains("Nothing has run here yet", await browser.EvaluateAsync<string>("document.body.innerText"), StringComparison.Ordinal);   // What was known stays.

        await silo.RestartAsync();
        await browser.WaitAsync("document.querySelector('#connection').innerText === ''");
    }

    [Fact]
    public async Task Page_WithoutScripts_IsThere_AndLoadsItselfAnew()
    {
        await using var browser = await Browser.StartAsync();
        await using var silo = await SiloProcess.StartAsync(TestRun.NewStore());
        using var page = await silo.GetAsync("");
        Assert.Contains("default-src 'none'", page!.Headers.GetValues("Content-Security-Policy").Single(), StringComparison.Ordinal);
        using var dashboard = await silo.GetAsync("dashboard/");
        Assert.Equal(System.Net.HttpStatusCode.NotFound, dashboard!.StatusCode);   // Nobody asked for it.
        using var missing = await silo.GetAsync("page/run?name=..%2F..%2Fetc");
        Assert.Equal(System.Net.HttpStatusCode.NotFound, missing!.StatusCode);

        await browser.DisableScriptsAsync();
        await browser.GoToAsync(silo.Address);
        await browser.WaitAsync("document.body.innerText.includes('Nothing has run here yet')");
        var shown = await browser.EvaluateAsync<string>("document.querySelector('.read').innerText");

        await browser.WaitAsync($"document.querySelector('.read')?.innerText !== '{shown}'");
    }
}
