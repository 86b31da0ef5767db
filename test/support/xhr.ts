/** As much of a browser's XMLHttpRequest as autobahn-js uses, on fetch. */
export class FetchRequest {
  readyState = 0;
  status = 0;
  statusText = "";
  responseText = "";
  withCredentials = false;
  timeout = 0;
  ontimeout: () => void = () => {};
  onreadystatechange: () => void = () => {};
  readonly #headers: Record<string, string> = {};
  #url = "";
  #method = "GET";

  open(method: string, url: string): void {
    this.#method = method;
    this.#url = url;
  }

  setRequestHeader(name: string, value: string): void {
    this.#headers[name] = value;
  }

  send(body?: string): void {
    fetch(this.#url, { method: this.#method, headers: this.#headers, ...(body !== undefined && { body }) })
      .then(async (response) => this.#done(response.status, response.statusText, await response.text()))
      .catch(() => this.#done(0, "", ""));
  }

  #done(status: number, statusText: string, text: string): void {
    Object.assign(this, { status, statusText, responseText: text, readyState: 4 });
    this.onreadystatechange();
  }
}
